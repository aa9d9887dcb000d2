import assert from "node:assert/strict";
import { test } from "node:test";
import type { Verb } from "../../src/model/power.ts";
import { acceptWish, beginWish, isStuck, observeWish, refuseWish } from "../../src/model/wish.ts";
import { makeRow } from "./rows.ts";

function row(status: string) {
  return makeRow({ status, paused: status === "Paused" });
}

/** What becomes of a wish while the status goes through the words. */
function follow(verb: Verb, from: string, ...statuses: string[]): string[] {
  let wish = acceptWish(beginWish(verb, row(from), 0));
  return statuses.map((status) => {
    if (wish !== null) wish = observeWish(wish, row(status));
    return wish === null ? "done" : wish.state;
  });
}

test("a wish waits until its status is there", () => {
  const cases: [Verb, string, string[], string[]][] = [
    ["start", "Stopped", ["Stopped", "Starting", "Running"], ["waiting", "waiting", "done"]],
    ["stop", "Running", ["Running", "Stopping", "Stopped"], ["waiting", "waiting", "done"]],
    ["forceStop", "Stopping", ["Stopping", "Stopped"], ["waiting", "done"]],
    ["pause", "Running", ["Running", "Paused"], ["waiting", "done"]],
    ["unpause", "Paused", ["Paused", "Running"], ["waiting", "done"]],
    ["delete", "Running", ["Terminating", "Terminating"], ["waiting", "waiting"]],
  ];
  for (const [verb, from, statuses, states] of cases) {
    assert.deepEqual(follow(verb, from, ...statuses), states, verb);
  }
});

test("a restart is not over before the VM has stopped", () => {
  assert.deepEqual(
    follow("restart", "Running", "Running", "Stopping", "Stopped", "Starting", "Running"),
    ["waiting", "waiting", "waiting", "waiting", "done"],
  );
});

test("a wish that cannot come true any more fails", () => {
  assert.deepEqual(follow("start", "Stopped", "Starting", "Stopped"), ["waiting", "failed"]);
  assert.deepEqual(follow("pause", "Running", "Stopped"), ["failed"]);
});

test("a reset has nothing to wait for", () => {
  assert.equal(acceptWish(beginWish("reset", row("Running"), 0)), null);
  assert.equal(acceptWish(beginWish("softReboot", row("Running"), 0)), null);
});

test("a refusal stays, whatever the status does, until the object is gone", () => {
  const refused = refuseWish(beginWish("start", row("Stopped"), 0), "no");
  assert.equal(observeWish(refused, row("Running"))?.message, "no");
  assert.equal(observeWish(refused, null), null);
});

test("an object of the same name that is another ends the wish", () => {
  const wish = acceptWish(beginWish("delete", row("Running"), 0));
  assert.ok(wish);
  assert.equal(observeWish(wish, makeRow({ uid: "another" })), null);
});

test("an event before the API's answer counts", () => {
  const sent = beginWish("restart", row("Running"), 0);
  const early = observeWish(sent, row("Stopping"));
  assert.equal(early?.state, "sending");
  const accepted = early && acceptWish(early);
  assert.equal(accepted && observeWish(accepted, row("Running")), null);
});

test("nothing new gives the same wish", () => {
  const wish = acceptWish(beginWish("stop", row("Running"), 0));
  assert.ok(wish);
  assert.equal(observeWish(wish, row("Running")), wish);
});

test("a start that stands still says so", () => {
  const wish = acceptWish(beginWish("start", row("Stopped"), 0));
  assert.ok(wish);
  for (const status of ["ErrorUnschedulable", "ErrImagePull", "CrashLoopBackOff"]) {
    assert.equal(isStuck(wish, row(status)), true, status);
  }
  assert.equal(isStuck(wish, row("Starting")), false);
});
