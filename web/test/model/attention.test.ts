/** Which VMs somebody should look at, and the sums of the overview. */
import assert from "node:assert/strict";
import test from "node:test";
import {
  chooseStep,
  countStatuses,
  listAttention,
  needsAttention,
  shareOf,
  sumByNode,
} from "../../src/model/attention.ts";
import { judgeStatus, nameStatus } from "../../src/model/status.ts";
import { makeRow } from "./rows.ts";

test("what failed, waits for somebody, or is not known needs attention", () => {
  for (const status of ["CrashLoopBackOff", "ErrorUnschedulable", "Unknown", "Failed"]) {
    assert.ok(needsAttention(makeRow({ status })), status);
  }
  assert.ok(needsAttention(makeRow({ status: "WaitingForVolumeBinding" })));
  assert.ok(needsAttention(makeRow({ status: "Running", ready: "False" })));
  assert.ok(needsAttention(makeRow({ status: "Paused", reason: "PausedIOError" })));
});

test("what is as wanted, or on its way, needs nobody", () => {
  for (const status of ["Running", "Stopped", "Starting", "Stopping", "Provisioning", ""]) {
    assert.ok(!needsAttention(makeRow({ status })), status);
  }
  assert.ok(!needsAttention(makeRow({ status: "Paused", reason: "PausedByUser" })));
  assert.ok(!needsAttention(makeRow({ status: "Unknown", deleting: true })));
});

test("the failing come first, then by name", () => {
  const rows = [
    makeRow({ name: "b", status: "Unknown" }),
    makeRow({ name: "c", status: "CrashLoopBackOff" }),
    makeRow({ name: "a", status: "CrashLoopBackOff" }),
    makeRow({ name: "fine" }),
  ];
  assert.deepEqual(
    listAttention(rows).map(({ name }) => name),
    ["a", "c", "b"],
  );
});

test("each status has a place to look at", () => {
  assert.equal(chooseStep("CrashLoopBackOff"), "log");
  assert.equal(chooseStep("ImagePullBackOff"), "yaml");
  assert.equal(chooseStep("ErrorPvcNotFound"), "storage");
  assert.equal(chooseStep("ErrorUnschedulable"), "nodes");
  assert.equal(chooseStep("SomethingNew"), "events");
});

test("statuses are counted, the most frequent first", () => {
  const rows = ["Running", "Stopped", "Running", ""].map((status) => makeRow({ status }));
  assert.deepEqual(countStatuses(rows), [
    { status: "Running", count: 2 },
    { status: "", count: 1 },
    { status: "Stopped", count: 1 },
  ]);
});

test("what VMs were given is summed by node; unknown sizes count nothing", () => {
  const rows = [
    makeRow({ node: "a", cpu: 2, memoryBytes: 10 }),
    makeRow({ node: "a", cpu: null, memoryBytes: null }),
    makeRow({ node: "", cpu: 4 }),
  ];
  assert.deepEqual([...sumByNode(rows)], [["a", { vms: 2, cpus: 2, memoryBytes: 10 }]]);
  assert.equal(shareOf(2, "4"), 0.5);
  assert.equal(shareOf(2, undefined), 0);
  assert.equal(shareOf(2, "nonsense"), 0);
});

test("words of later versions are said as they are", () => {
  const translate = ((key: string) => `[${key}]`) as never;
  assert.equal(nameStatus("CrashLoopBackOff", translate), "[Crash loop]");
  assert.equal(nameStatus("Hibernated", translate), "Hibernated");
  assert.equal(judgeStatus("Hibernated"), "unknown");
  // A guest's or user's word must not reach what objects have by nature.
  assert.equal(nameStatus("toString", translate), "toString");
  assert.equal(judgeStatus("constructor"), "unknown");
});
