import assert from "node:assert/strict";
import { test } from "node:test";
import type { TableColumn, TableRow } from "../../src/data/api.ts";
import { isAlone, RowReader } from "../../src/model/row.ts";

function columns(...names: string[]): TableColumn[] {
  return names.map((name) => ({ name, type: "string", priority: 0 }));
}

const VM_COLUMNS = columns(
  ...["Name", "Age", "Status", "Ready", "Node", "IP", "CPU", "Memory", "Instancetype", "Reason"],
);
const VMI_COLUMNS = columns(
  ...["Name", "Age", "Phase", "IP", "NodeName", "Ready", "Live-Migratable", "Paused", "Agent"],
  ...["Memory", "Reason"],
);

function line(cells: unknown[], metadata: Partial<TableRow["object"]["metadata"]> = {}): TableRow {
  const base = { name: "web", namespace: "shop", uid: "u1" };
  return { cells, object: { metadata: { ...base, ...metadata } } };
}

test("a VM's cells are found by their columns' names", () => {
  const cells = ["web", "5m", "Running", "True", "node1", "10.0.0.7", 2, "2Gi", "u1.medium", null];
  const created = "2026-11-23T08:00:00Z";
  const source = line(cells, { creationTimestamp: created, labels: { app: "web" } });
  const [row] = new RowReader("VirtualMachine").read(VM_COLUMNS, [source]);
  assert.deepEqual(row, {
    key: "VirtualMachine/shop/web",
    kind: "VirtualMachine",
    namespace: "shop",
    name: "web",
    uid: "u1",
    status: "Running",
    ready: "True",
    paused: false,
    node: "node1",
    ip: "10.0.0.7",
    cpu: 2,
    memory: "2Gi",
    memoryBytes: 2 ** 31,
    instancetype: "u1.medium",
    reason: "",
    created: Date.parse(created),
    deleting: false,
    labels: { app: "web" },
    owner: null,
  });
});

test("a paused instance's status says so, and one that ended is not paused", () => {
  const cells = (phase: string) =>
    ["web", "5m", phase, "10.0.0.7", "node2", "True", "", "True", "", "1Gi", ""] as const;
  const reader = new RowReader("VirtualMachineInstance");
  const rows = reader.read(VMI_COLUMNS, [line([...cells("Running")]), line([...cells("Failed")])]);
  assert.deepEqual(
    rows.map(({ status, paused, node }) => [status, paused, node]),
    [
      ["Paused", true, "node2"],
      ["Failed", false, "node2"],
    ],
  );
});

test("what a column does not say stays empty", () => {
  const [row] = new RowReader("VirtualMachine").read(columns("Name", "Age", "Status"), [
    line(["web", "5m", "<none>"]),
  ]);
  assert.equal(row?.status, "");
  assert.equal(row?.cpu, null);
  assert.equal(row?.memoryBytes, null);
  assert.equal(row?.created, null);
});

test("the controller is the owner, and a deletion is seen", () => {
  const reference = { apiVersion: "kubevirt.io/v1", kind: "Set", name: "set", uid: "u2" };
  const source = line([], {
    ownerReferences: [
      { ...reference, name: "other" },
      { ...reference, controller: true },
    ],
    deletionTimestamp: "2026-11-23T08:00:00Z",
  });
  const [row] = new RowReader("VirtualMachineInstance").read(VMI_COLUMNS, [source]);
  assert.deepEqual(row?.owner, { kind: "Set", name: "set" });
  assert.equal(row?.deleting, true);
});

test("a line that did not change gives the same row, and new columns give new ones", () => {
  const reader = new RowReader("VirtualMachine");
  const source = line(["web", "5m", "Running"]);
  const [first] = reader.read(VM_COLUMNS, [source]);
  assert.equal(reader.read(VM_COLUMNS, [source])[0], first);
  assert.notEqual(reader.read(columns("Name", "Status"), [source])[0], first);
});

test("an instance is alone that no VM owns, whoever else does", () => {
  const owner = (kind: string) => [
    { apiVersion: "kubevirt.io/v1", kind, name: "web", uid: "u", controller: true },
  ];
  const cells = ["web", "5m", "Running", "10.0.0.7", "node2", "True", "", "", "", "1Gi", ""];
  const reader = new RowReader("VirtualMachineInstance");
  const rows = reader.read(VMI_COLUMNS, [
    line(cells, { ownerReferences: owner("VirtualMachine") }),
    line(cells, { ownerReferences: owner("VirtualMachineInstanceReplicaSet") }),
    line(cells, { ownerReferences: [] }),
  ]);
  assert.deepEqual(rows.map(isAlone), [false, true, true]);
});
