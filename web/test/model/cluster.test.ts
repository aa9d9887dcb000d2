import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isDefaultClass,
  listUsers,
  mapClaims,
  mapInstancetypes,
  mapNetworks,
  mapPreferences,
  readCniType,
  summarizeClaims,
  summarizeNodes,
} from "../../src/model/cluster.ts";
import type { Node, VirtualMachine, VirtualMachineInstance } from "../../src/model/kubevirt.ts";

function vmi(name: string, extra: Partial<VirtualMachineInstance> = {}): VirtualMachineInstance {
  return { metadata: { name, namespace: "a" }, spec: { domain: {} }, ...extra };
}

function vm(name: string, spec: object, extra: object = {}): VirtualMachine {
  return {
    metadata: { name, namespace: "a" },
    spec: { template: { spec: { domain: {}, ...spec } }, ...extra },
  };
}

function node(name: string, labels: Record<string, string>, spec = {}): Node {
  return {
    metadata: { name, labels },
    spec,
    status: {
      allocatable: { cpu: "4", memory: "8Gi" },
      conditions: [{ type: "Ready", status: "True" }],
    },
  };
}

test("a node has the VMs that run there, and not those that ended", () => {
  const domain = { cpu: { sockets: 2, cores: 2 }, memory: { guest: "1Gi" } };
  const running = { nodeName: "n1", phase: "Running" };
  const [first, second] = summarizeNodes(
    [node("n2", {}, { unschedulable: true }), node("n1", { "virtpod.io/kvm": "false" })],
    [
      vmi("big", { spec: { domain }, status: running }),
      vmi("small", {
        status: { ...running, memory: { guestCurrent: "64Mi" }, currentCPUTopology: { cores: 1 } },
      }),
      vmi("over", { spec: { domain }, status: { nodeName: "n1", phase: "Succeeded" } }),
      vmi("waiting", { spec: { domain } }),
    ],
  );
  assert.equal(first?.name, "n1");
  assert.deepEqual(first.vms, [
    { namespace: "a", name: "big" },
    { namespace: "a", name: "small" },
  ]);
  assert.equal(first.vmCpus, 5);
  assert.equal(first.vmMemoryBytes, 2 ** 30 + 64 * 2 ** 20);
  assert.equal(first.acceleration, "emulated");
  assert.deepEqual([second?.schedulable, second?.acceleration, second?.vmCpus], [false, "", 0]);
});

test("a node's roles and what its handler says are read from labels", () => {
  const labels = {
    "node-role.kubernetes.io/control-plane": "",
    "kubevirt.io/schedulable": "true",
    "virtpod.io/kvm": "true",
  };
  const broken = { ...node("n", labels), status: {} };
  const [summary] = summarizeNodes([broken], []);
  assert.deepEqual(summary?.roles, ["control-plane"]);
  assert.deepEqual([summary.runsVms, summary.acceleration, summary.ready], [true, "kvm", false]);
  assert.ok(Number.isNaN(summary.cpus));
});

test("an instance of a VM is no user of its own", () => {
  const owner = { apiVersion: "kubevirt.io/v1", kind: "VirtualMachine", name: "one", uid: "1" };
  const owned = vmi("one");
  const users = listUsers(
    [vm("one", {})],
    [{ ...owned, metadata: { ...owned.metadata, ownerReferences: [owner] } }, vmi("two")],
  );
  assert.deepEqual(
    users.map((user) => user.name),
    ["one", "two"],
  );
});

test("claims are used through volumes and through data volumes, once each", () => {
  const volumes = [
    { name: "x", persistentVolumeClaim: { claimName: "disk" } },
    { name: "y", persistentVolumeClaim: { claimName: "disk" } },
    { name: "z", dataVolume: { name: "filled" } },
  ];
  const used = mapClaims(listUsers([vm("one", { volumes }), vm("two", { volumes })], []));
  assert.deepEqual([...used.keys()], ["a/disk", "a/filled"]);
  assert.equal(used.get("a/disk")?.length, 2);
});

test("a claim shows what it has, else what it wants, and how far CDI is", () => {
  const [bound, wanted] = summarizeClaims(
    [
      {
        metadata: { name: "w", namespace: "b" },
        spec: { resources: { requests: { storage: "2Gi" } } },
      },
      {
        metadata: { name: "w", namespace: "a" },
        spec: { resources: { requests: { storage: "1Gi" } }, volumeMode: "Block" },
        status: { phase: "Bound", capacity: { storage: "3Gi" } },
      },
    ],
    [
      {
        metadata: { name: "w", namespace: "a" },
        status: { phase: "ImportInProgress", progress: "40%" },
      },
      { metadata: { name: "w", namespace: "b" }, status: { phase: "Succeeded", progress: "N/A" } },
    ],
    [],
  );
  assert.deepEqual([bound?.bytes, bound?.filling], [3 * 2 ** 30, "ImportInProgress 40%"]);
  assert.deepEqual([wanted?.bytes, wanted?.filling], [2 * 2 ** 30, "Succeeded"]);
  assert.deepEqual([bound?.volumeMode, wanted?.volumeMode], ["Block", "Filesystem"]);
});

test("networks are the pods', one of the namespace, or one of another", () => {
  const networks = [
    { name: "p", pod: {} },
    { name: "m", multus: { networkName: "lan" } },
    { name: "n", multus: { networkName: "b/lan" } },
  ];
  const used = mapNetworks(listUsers([vm("one", { networks })], []));
  assert.deepEqual([...used.keys()], ["pod", "a/lan", "b/lan"]);
});

test("kinds of instancetypes may be spelled in any case and number", () => {
  const kinds = [undefined, "virtualmachineclusterinstancetypes", "VirtualMachineInstancetype"];
  const users = listUsers(
    kinds.map((kind, index) => vm(`vm${index}`, {}, { instancetype: { name: "u1", kind } })),
    [],
  );
  const used = mapInstancetypes(users);
  assert.deepEqual([...used.keys()], ["/u1", "a/u1"]);
  assert.equal(used.get("/u1")?.length, 2);
  const preference = { name: "linux", kind: "VirtualMachinePreference" };
  assert.deepEqual(
    [...mapPreferences(listUsers([vm("x", {}, { preference })], [])).keys()],
    ["a/linux"],
  );
});

test("a CNI configuration that cannot be read has no type", () => {
  assert.equal(readCniType('{"type": "bridge"}'), "bridge");
  assert.equal(readCniType('{"plugins": [{"type": "macvlan"}]}'), "macvlan");
  for (const text of ["", "{", "null", "[]", '{"type": 3}', undefined]) {
    assert.equal(readCniType(text), "");
  }
});

test("only the word true makes a default class", () => {
  const key = "storageclass.kubernetes.io/is-default-class";
  assert.deepEqual(
    [isDefaultClass({ [key]: "true" }), isDefaultClass({ [key]: "false" }), isDefaultClass({})],
    [true, false, false],
  );
});
