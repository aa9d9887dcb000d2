import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../src/data/api.ts";
import {
  decodeTable,
  decodeWatch,
  decodeWatchRow,
  readStatus,
  readWarnings,
} from "../../src/data/decode.ts";

const INVALID = {
  kind: "Status",
  code: 422,
  reason: "Invalid",
  message: 'VirtualMachine "x" is invalid',
  details: {
    causes: [{ reason: "FieldValueInvalid", message: "too many", field: "spec.cpu.cores" }],
  },
};

const ROW = {
  cells: ["x", "5m"],
  object: {
    kind: "PartialObjectMetadata",
    metadata: {
      name: "x",
      resourceVersion: "7",
      managedFields: [{ manager: "kubectl" }],
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", kept: "yes" },
    },
  },
};
const TABLE = {
  kind: "Table",
  metadata: { resourceVersion: "9" },
  columnDefinitions: [{ name: "Name", type: "string", priority: 0, format: "name" }],
  rows: [ROW],
};

test("a Status tells code, reason and causes", () => {
  const error = readStatus(400, JSON.stringify(INVALID));
  assert.ok(error instanceof ApiError);
  assert.equal(error.code, 422);
  assert.equal(error.reason, "Invalid");
  assert.equal(error.message, 'VirtualMachine "x" is invalid');
  assert.deepEqual(error.causes, INVALID.details.causes);
});

test("a refusal that is no Status still has words", () => {
  assert.equal(readStatus(502, "upstream is away\n").message, "upstream is away");
  assert.equal(readStatus(502, "<html>bad gateway</html>").message, "the API answered with 502");
  assert.equal(readStatus(503, "").message, "the API answered with 503");
  assert.equal(readStatus(503, '"text"').code, 503);
  assert.equal(readStatus(500, "null").code, 500);
  assert.ok(readStatus(500, "x".repeat(10_000)).message.length <= 300);
});

test("warnings are unquoted", () => {
  assert.deepEqual(readWarnings('299 - "spec.x is old", 299 - "say \\"y\\", not z"'), [
    "spec.x is old",
    'say "y", not z',
  ]);
  assert.deepEqual(readWarnings(null), []);
});

test("a table has columns and rows, without what no page shows", () => {
  const table = decodeTable(structuredClone(TABLE));
  assert.equal(table.resourceVersion, "9");
  assert.deepEqual(table.columns, [{ name: "Name", type: "string", priority: 0 }]);
  assert.deepEqual(table.rows[0]?.cells, ["x", "5m"]);
  assert.deepEqual(table.rows[0]?.object.metadata, {
    name: "x",
    resourceVersion: "7",
    annotations: { kept: "yes" },
  });
});

test("an answer that is no table is an error", () => {
  assert.throws(() => decodeTable({ kind: "VirtualMachineList", items: [] }), ApiError);
  assert.throws(() => decodeTable(undefined), ApiError);
});

test("a table without rows has none", () => {
  assert.deepEqual(decodeTable({ kind: "Table", rows: null, columnDefinitions: null }).rows, []);
});

test("events of a watch bring objects, without managedFields", () => {
  const object = { metadata: { name: "x", managedFields: [] } };
  assert.deepEqual(decodeWatch(JSON.stringify({ type: "ADDED", object })), {
    type: "ADDED",
    object: { metadata: { name: "x" } },
  });
  const bookmark = { type: "BOOKMARK", object: { metadata: { resourceVersion: "12" } } };
  assert.deepEqual(decodeWatch(JSON.stringify(bookmark)), {
    type: "BOOKMARK",
    resourceVersion: "12",
  });
  assert.equal(decodeWatch(JSON.stringify({ type: "NEWER", object })), null);
});

test("events of a watch of tables bring one row", () => {
  const event = decodeWatchRow(JSON.stringify({ type: "MODIFIED", object: TABLE }));
  assert.ok(event !== null && event.type === "MODIFIED");
  assert.deepEqual(event.object.cells, ["x", "5m"]);
  assert.equal(event.object.metadata.resourceVersion, "7");
  assert.equal(event.object.metadata, event.object.object.metadata);
});

test("a bookmark of tables has its version in the row, or in the table", () => {
  const read = (object: object) => decodeWatchRow(JSON.stringify({ type: "BOOKMARK", object }));
  assert.deepEqual(read(TABLE), { type: "BOOKMARK", resourceVersion: "7" });
  assert.deepEqual(read({ ...TABLE, rows: [] }), { type: "BOOKMARK", resourceVersion: "9" });
});

test("an ERROR event is the refusal that it says", () => {
  const gone = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
  const line = JSON.stringify({ type: "ERROR", object: gone });
  for (const decode of [decodeWatch, decodeWatchRow]) {
    assert.throws(
      () => decode(line),
      (error) => error instanceof ApiError && error.code === 410 && error.reason === "Expired",
    );
  }
});

test("what is no event is an error that may be tried again", () => {
  for (const line of ["<html>", "null", '"text"', "{}", '{"type":"ADDED"}', "[1]"]) {
    assert.throws(
      () => decodeWatch(line),
      (error) => error instanceof ApiError && error.code === 0,
      line,
    );
  }
});
