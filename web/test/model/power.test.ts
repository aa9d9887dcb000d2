import assert from "node:assert/strict";
import { test } from "node:test";
import {
  buildCall,
  judge,
  listVerbs,
  nameRight,
  needsConsent,
  type Subject,
  VERBS,
  type Verb,
} from "../../src/model/power.ts";
import { makeRow } from "./rows.ts";

function possible(subject: Subject): Verb[] {
  return listVerbs(subject.kind).filter((verb) => judge(verb, subject).possible);
}

test("each status of a VM allows its verbs", () => {
  const cases: [status: string, verbs: Verb[]][] = [
    ["Stopped", ["start", "delete"]],
    ["Running", ["stop", "forceStop", "restart", "pause", "softReboot", "reset", "delete"]],
    ["Paused", ["stop", "forceStop", "restart", "unpause", "reset", "delete"]],
    ["Starting", ["stop", "forceStop", "restart", "delete"]],
    ["ErrorUnschedulable", ["stop", "forceStop", "restart", "delete"]],
    ["Stopping", ["forceStop", "delete"]],
    ["CrashLoopBackOff", ["stop", "delete"]],
    // a VM that is halted can have this, too: the API decides
    ["Provisioning", ["start", "stop", "forceStop", "restart", "delete"]],
    ["", ["start", "stop", "forceStop", "restart", "delete"]],
  ];
  for (const [status, verbs] of cases) {
    const subject = makeRow({ status, paused: status === "Paused" });
    assert.deepEqual(possible(subject), verbs, status);
  }
});

test("a VM that is being deleted can only be forced to let go", () => {
  assert.deepEqual(possible(makeRow({ status: "Terminating", deleting: true })), ["forceStop"]);
});

test("an instance without a VM has no verbs of VMs", () => {
  const kind = "VirtualMachineInstance";
  assert.deepEqual(possible(makeRow({ kind })), ["pause", "softReboot", "reset", "delete"]);
  assert.deepEqual(possible(makeRow({ kind, status: "Succeeded" })), ["delete"]);
  assert.equal(judge("pause", makeRow({ kind, status: "Failed" })).why, "has ended");
});

test("a known run strategy says more", () => {
  const why = (verb: Verb, status: string, runStrategy: string) =>
    judge(verb, { ...makeRow({ status }), runStrategy }).why;
  assert.equal(why("start", "Stopped", "Always"), "starts by itself");
  assert.equal(why("start", "Stopped", "Once"), "runs only once");
  assert.equal(why("start", "Stopped", "Manual"), null);
  assert.equal(why("restart", "Running", "Once"), "runs only once");
  assert.equal(why("restart", "Running", "Halted"), "is halted");
});

test("an impossible verb says why", () => {
  const why = (verb: Verb, status: string) =>
    judge(verb, makeRow({ status, paused: status === "Paused" })).why;
  assert.equal(why("start", "Running"), "runs already");
  assert.equal(why("start", "CrashLoopBackOff"), "starts by itself");
  assert.equal(why("start", "Stopping"), "is stopping");
  assert.equal(why("stop", "Stopped"), "does not run");
  assert.equal(why("pause", "Paused"), "is paused");
  assert.equal(why("unpause", "Running"), "is not paused");
});

test("what loses data is asked about, and what interrupts several", () => {
  const asked = (count: number) => VERBS.filter((verb) => needsConsent(verb, count));
  assert.deepEqual(asked(1), ["forceStop", "reset", "delete"]);
  assert.deepEqual(asked(2), [
    ...["stop", "forceStop", "restart", "pause", "softReboot", "reset", "delete"],
  ]);
});

test("calls go to the subresource that has the verb", () => {
  const base = "/apis/subresources.kubevirt.io/v1/namespaces/default";
  const row = makeRow({ name: "web" });
  assert.deepEqual(buildCall("forceStop", row), {
    method: "PUT",
    path: `${base}/virtualmachines/web/stop`,
    body: { gracePeriod: 0 },
  });
  assert.deepEqual(buildCall("stop", row).body, {});
  assert.equal(buildCall("softReboot", row).path, `${base}/virtualmachineinstances/web/softreboot`);
  assert.match(buildCall("start", makeRow({ name: "a/../b" })).path, /\/a%2F\.\.%2Fb\/start$/);
});

test("rights are those of the subresource, and of the object for a deletion", () => {
  assert.deepEqual(nameRight("forceStop", "VirtualMachine"), {
    verb: "update",
    plural: "virtualmachines",
    subresource: "stop",
  });
  assert.equal(nameRight("pause", "VirtualMachine").plural, "virtualmachineinstances");
  assert.deepEqual(nameRight("delete", "VirtualMachineInstance"), {
    verb: "delete",
    plural: "virtualmachineinstances",
    subresource: undefined,
  });
});
