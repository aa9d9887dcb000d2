import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TFunction } from "i18next";
import { sortConditions, tellCondition } from "../../src/model/condition.ts";
import { listDisks, listNetworks } from "../../src/model/device.ts";
import type { VirtualMachine, VirtualMachineInstance } from "../../src/model/kubevirt.ts";
import {
  chooseStep,
  countVcpus,
  findPending,
  findWhy,
  joinMachine,
  readMemory,
  readStatus,
  toSubject,
} from "../../src/model/machine.ts";

const t = ((key: string) => key) as unknown as TFunction;
const metadata = { name: "web", namespace: "prod", uid: "u" };

function vmi(status: VirtualMachineInstance["status"], spec = {}): VirtualMachineInstance {
  return { metadata, spec: { domain: {}, ...spec }, status };
}

function vm(status: VirtualMachine["status"], spec = {}): VirtualMachine {
  return { metadata, spec: { template: { spec: { domain: {} } }, ...spec }, status };
}

describe("a machine", () => {
  test("is a VM with its instance, an instance alone, or nothing", () => {
    assert.equal(joinMachine(), undefined);
    assert.equal(joinMachine(vm({}), vmi({}))?.kind, "VirtualMachine");
    assert.equal(joinMachine(undefined, vmi({}))?.kind, "VirtualMachineInstance");
  });

  test("has the status that its list has", () => {
    const status = (one?: VirtualMachine, other?: VirtualMachineInstance) =>
      readStatus(joinMachine(one, other) as never);
    assert.equal(status(vm({ printableStatus: "Stopped" })), "Stopped");
    assert.equal(status(undefined, vmi({ phase: "Running" })), "Running");
    const paused = { phase: "Running", conditions: [{ type: "Paused", status: "True" }] };
    assert.equal(status(undefined, vmi(paused)), "Paused");
    const leaving = {
      ...vmi({ phase: "Running" }),
      metadata: { ...metadata, deletionTimestamp: "x" },
    };
    assert.equal(status(undefined, leaving), "Terminating");
  });

  test("says why it is not ready, and what waits for a restart", () => {
    const conditions = [
      { type: "Ready", status: "False", reason: "NoNode", message: "no node takes the VM" },
      { type: "RestartRequired", status: "True", message: "spec.template.cpu" },
    ];
    const machine = joinMachine(vm({ printableStatus: "ErrorUnschedulable", conditions }));
    assert.ok(machine);
    assert.equal(findWhy(machine), "no node takes the VM");
    assert.equal(findPending(machine)?.message, "spec.template.cpu");
    assert.equal(chooseStep(machine), "nodes");
    const ready = joinMachine(
      vm({ conditions: [{ type: "Ready", status: "True", message: "on n1" }] }),
    );
    assert.equal(findWhy(ready as never), "");
  });

  test("is what verbs are judged by", () => {
    const machine = joinMachine(vm({ printableStatus: "Running" }, { running: true }), vmi({}));
    assert.deepEqual(toSubject(machine as never), {
      kind: "VirtualMachine",
      namespace: "prod",
      name: "web",
      uid: "u",
      status: "Running",
      paused: false,
      deleting: false,
      runStrategy: "Always",
    });
  });

  test("has a size, from wherever it is said", () => {
    const running = vmi(
      { currentCPUTopology: { cores: 2, sockets: 2, threads: 1 }, memory: { guestCurrent: "2Gi" } },
      { domain: { memory: { guest: "1Gi" } } },
    );
    const machine = joinMachine(undefined, running);
    assert.equal(countVcpus(machine as never), 4);
    assert.equal(readMemory(machine as never), 2 * 2 ** 30);
    const sized = joinMachine(vm({ instance: { vcpus: 8, memory: "4Gi" } }));
    assert.equal(countVcpus(sized as never), 8);
    assert.equal(readMemory(sized as never), 4 * 2 ** 30);
    assert.ok(Number.isNaN(readMemory(joinMachine(vm({})) as never)));
  });
});

describe("conditions", () => {
  test("are told by type and status, others by their status alone", () => {
    const weight = (type: string, status: string) => tellCondition({ type, status }, t).weight;
    assert.equal(weight("Ready", "True"), "fine");
    assert.equal(weight("Synchronized", "False"), "trouble");
    assert.equal(weight("SoftwareEmulation", "True"), "note");
    assert.equal(weight("Ready", "Unknown"), "note");
    assert.equal(tellCondition({ type: "FromTomorrow", status: "True" }, t).sentence, "It is so.");
    assert.equal(weight("toString", "True"), "note");
  });

  test("what needs attention stands first", () => {
    const conditions = [
      { type: "Ready", status: "True" },
      { type: "Paused", status: "True" },
      { type: "Failure", status: "True" },
    ];
    const types = sortConditions(conditions, t).map((each) => each.type);
    assert.deepEqual(types, ["Failure", "Paused", "Ready"]);
  });
});

describe("devices", () => {
  const spec = {
    domain: {
      devices: {
        disks: [
          { name: "root", disk: { bus: "virtio" }, bootOrder: 1 },
          { name: "cd", cdrom: { bus: "sata" } },
          { name: "odd" },
        ],
        interfaces: [{ name: "default", masquerade: {}, ports: [{ port: 22 }] }],
      },
    },
    volumes: [
      { name: "root", persistentVolumeClaim: { claimName: "root-claim" } },
      { name: "cd", containerDisk: { image: "registry/cd" } },
    ],
    networks: [{ name: "default", pod: {} }],
  };

  test("disks have their volume and what is known of it", () => {
    const status = {
      volumeStatus: [
        {
          name: "root",
          target: "vda",
          persistentVolumeClaimInfo: { capacity: { storage: "1Gi" } },
        },
      ],
    };
    const [root, cd, odd] = listDisks(spec, vmi(status));
    assert.deepEqual(
      [root?.kind, root?.source, root?.detail, root?.size, root?.target, root?.bootOrder],
      ["disk", "claim", "root-claim", 2 ** 30, "vda", 1],
    );
    assert.deepEqual(
      [cd?.kind, cd?.source, cd?.detail, cd?.readOnly],
      ["cdrom", "image", "registry/cd", true],
    );
    assert.deepEqual([odd?.kind, odd?.source], ["disk", "none"]);
    assert.deepEqual(listDisks(undefined), []);
  });

  test("networks have their addresses, and those that only the guest knows follow", () => {
    const interfaces = [
      { name: "default", mac: "02:00", ipAddresses: ["10.0.0.1"], interfaceName: "eth0" },
      { interfaceName: "docker0", ipAddress: "172.17.0.1" },
    ];
    const [own, guest] = listNetworks(spec, vmi({ interfaces }));
    assert.deepEqual(
      [own?.network, own?.binding, own?.mac, own?.addresses, own?.guestName, own?.ports],
      ["pod", "masquerade", "02:00", ["10.0.0.1"], "eth0", ["22/TCP"]],
    );
    assert.deepEqual(
      [guest?.name, guest?.guestName, guest?.addresses],
      ["", "docker0", ["172.17.0.1"]],
    );
    assert.equal(listNetworks(spec)[0]?.mac, "");
  });
});
