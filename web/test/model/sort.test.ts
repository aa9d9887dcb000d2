import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEFAULT_COLUMNS,
  fitColumns,
  formatColumns,
  parseColumns,
  toggleColumn,
} from "../../src/model/column.ts";
import { formatOrder, parseOrder, Sorter, sortRows, turnOrder } from "../../src/model/sort.ts";
import { makeRow } from "./rows.ts";

const ROWS = [
  makeRow({ name: "vm-10", node: "", cpu: 2, created: 3, ip: "10.0.0.10", memoryBytes: 2 }),
  makeRow({ name: "vm-9", node: "b", cpu: null, created: 2, ip: "10.0.0.9", memoryBytes: 10 }),
  makeRow({ name: "vm-1", node: "a", cpu: 16, created: 1, ip: "", memoryBytes: 1 }),
];

function order(text: string): string {
  return sortRows(ROWS, parseOrder(text))
    .map((row) => row.name)
    .join(" ");
}

test("numbers in names, addresses and sizes count as numbers", () => {
  assert.equal(order("name"), "vm-1 vm-9 vm-10");
  assert.equal(order("-name"), "vm-10 vm-9 vm-1");
  assert.equal(order("memory"), "vm-1 vm-10 vm-9");
});

test("what has no value comes last in both directions", () => {
  assert.equal(order("node"), "vm-1 vm-9 vm-10");
  assert.equal(order("-node"), "vm-9 vm-1 vm-10");
  assert.equal(order("cpu"), "vm-10 vm-1 vm-9");
  assert.equal(order("-cpu"), "vm-1 vm-10 vm-9");
  assert.equal(order("ip"), "vm-9 vm-10 vm-1");
  assert.equal(order("-ip"), "vm-10 vm-9 vm-1");
});

test("the youngest has the smallest age", () => {
  assert.equal(order("age"), "vm-10 vm-9 vm-1");
});

test("those that are alike are in the order of their names and namespaces", () => {
  const alike = [
    makeRow({ name: "b" }),
    makeRow({ name: "a", namespace: "z" }),
    makeRow({ name: "a" }),
  ];
  const sorted = sortRows(alike, { by: "status", descending: true });
  assert.deepEqual(
    sorted.map(({ namespace, name }) => `${namespace}/${name}`),
    ["default/a", "z/a", "default/b"],
  );
});

test("the order in the URL is read as it was written", () => {
  for (const text of ["-name", "age", "-age", "ip"]) {
    assert.equal(formatOrder(parseOrder(text)), text);
  }
  for (const text of [null, "", "name", "colour", "-colour"]) {
    assert.equal(formatOrder(parseOrder(text)), null);
  }
});

test("a second click turns the order around", () => {
  const once = turnOrder(parseOrder(null), "node");
  assert.deepEqual(once, { by: "node", descending: false });
  assert.deepEqual(turnOrder(once, "node"), { by: "node", descending: true });
  assert.deepEqual(turnOrder(turnOrder(once, "node"), "node"), once);
});

test("10,000 rows are sorted in a moment", () => {
  const many = Array.from({ length: 10_000 }, (_, at) =>
    makeRow({ name: `vm-${at % 9973}-${at}` }),
  );
  sortRows(many, parseOrder("name"));
  const begun = performance.now();
  sortRows(many, parseOrder("-node"));
  assert.ok(performance.now() - begun < 3_000); // 30 ms, or a minute if each was compared with each
});

test("columns are remembered in their order, the name among them always", () => {
  assert.deepEqual(parseColumns("age,name,colour,status"), ["name", "status", "age"]);
  assert.deepEqual(parseColumns(formatColumns(["name"])), ["name"]);
  assert.deepEqual(parseColumns(null), DEFAULT_COLUMNS);
  assert.deepEqual(parseColumns("rubbish"), DEFAULT_COLUMNS);
  assert.deepEqual(toggleColumn(["name", "age"], "status"), ["name", "status", "age"]);
  assert.deepEqual(toggleColumn(["name", "age"], "age"), ["name"]);
  assert.deepEqual(toggleColumn(["name", "age"], "name"), ["name", "age"]);
});

test("what there is no room for goes, the least first, and what matters stays", () => {
  const measure = (columns: readonly unknown[]) => 10 * columns.length;
  assert.deepEqual(fitColumns(80, measure), DEFAULT_COLUMNS);
  assert.deepEqual(
    fitColumns(79, measure),
    DEFAULT_COLUMNS.filter((column) => column !== "age"),
  );
  assert.deepEqual(fitColumns(0, measure), ["name", "namespace", "status", "node"]);
});

test("sorting again gives what sorting anew gives", () => {
  const sorter = new Sorter();
  const byNode = parseOrder("-node");
  sorter.sort(ROWS, byNode);
  const [first, ...rest] = ROWS;
  assert.ok(first);
  const changed = [
    ...rest,
    makeRow({ name: "vm-10", node: "z" }),
    makeRow({ name: "new", node: "b" }),
  ];
  assert.deepEqual(sorter.sort(changed, byNode), sortRows(changed, byNode));
  const byName = parseOrder("name");
  assert.deepEqual(sorter.sort(changed, byName), sortRows(changed, byName));
});
