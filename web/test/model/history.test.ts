/** What the tabs of snapshots and migrations say. */
import assert from "node:assert/strict";
import test from "node:test";
import {
  explainMigration,
  explainSnapshot,
  listMigrations,
  listSnapshots,
  readPhase,
} from "../../src/model/history.ts";
import type {
  VirtualMachineInstanceMigration as Migration,
  VirtualMachineSnapshot as Snapshot,
} from "../../src/model/kubevirt.ts";
import { judgeStatus } from "../../src/model/status.ts";

function snapshot(name: string, day: number, status?: Snapshot["status"], of = "web"): Snapshot {
  const metadata = { name, creationTimestamp: `2026-11-0${day}T00:00:00Z` };
  return { metadata, spec: { source: { kind: "VirtualMachine", name: of } }, status };
}

function migration(name: string, day: number, status?: Migration["status"], of = "web"): Migration {
  const metadata = { name, creationTimestamp: `2026-11-0${day}T00:00:00Z` };
  return { metadata, spec: { vmiName: of }, status };
}

const names = (objects: readonly (Snapshot | Migration)[]) =>
  objects.map((each) => each.metadata.name);

test("a VM has its own, the newest first", () => {
  const snapshots = [
    snapshot("a", 1),
    snapshot("b", 3),
    snapshot("c", 2),
    snapshot("x", 4, {}, "db"),
  ];
  assert.deepEqual(names(listSnapshots(snapshots, "web")), ["b", "c", "a"]);
  const moves = [migration("a", 1), migration("b", 3), migration("x", 4, {}, "db")];
  assert.deepEqual(names(listMigrations(moves, "web")), ["b", "a"]);
  assert.deepEqual(listSnapshots([{ metadata: { name: "odd" } }], "web"), []);
});

test("of a snapshot the last error is said, else what failed", () => {
  const failure = { type: "Failure", status: "True" };
  const cases: [Snapshot["status"], string][] = [
    [undefined, ""],
    [
      { phase: "InProgress", conditions: [{ type: "Progressing", status: "True", reason: "x" }] },
      "",
    ],
    [{ error: { message: "deadline" }, conditions: [{ ...failure, reason: "x" }] }, "deadline"],
    [{ error: {}, conditions: [{ ...failure, reason: "no volume" }] }, "no volume"],
    [{ conditions: [{ ...failure, reason: "Odd", message: "no volume" }] }, "no volume"],
    [{ conditions: [{ type: "Failure", status: "False", reason: "x" }] }, ""],
  ];
  for (const [status, said] of cases) assert.equal(explainSnapshot(snapshot("a", 1, status)), said);
});

test("of a move why it failed is said, else what holds it up", () => {
  const quota = { type: "migrationRejectedByResourceQuota", status: "True", message: "too much" };
  const cases: [Migration["status"], string][] = [
    [undefined, ""],
    [{ phase: "Running", migrationState: {} }, ""],
    [{ migrationState: { failed: true, failureReason: "lost" }, conditions: [quota] }, "lost"],
    [{ phase: "Pending", conditions: [quota] }, "too much"],
    [{ phase: "Pending", conditions: [{ ...quota, status: "False" }] }, ""],
  ];
  for (const [status, said] of cases)
    assert.equal(explainMigration(migration("a", 1, status)), said);
});

test("a phase is judged for what it is: a move that runs is on its way", () => {
  const moving = ["Pending", "Scheduling", "PreparingTarget", "TargetReady", "Running"];
  for (const phase of [...moving, "WaitingForSync", "Synchronizing"]) {
    assert.equal(judgeStatus(readPhase(migration("a", 1, { phase }))), "moving", phase);
  }
  assert.equal(readPhase(migration("a", 1)), "");
  assert.equal(judgeStatus(readPhase(migration("a", 1, { phase: "Succeeded" }))), "good");
  for (const phase of ["InProgress", "Deleting"]) assert.equal(judgeStatus(phase), "moving");
});
