/** When a deleted object is gone: which finalizers, other objects, and failures may put off. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ApiError } from "../../src/data/api.ts";
import { onGone } from "../../src/data/gone.ts";
import { VMS } from "../../src/data/resources.ts";
import { FakeApi, FakeClock, makeList, makeObject, settle } from "./fake.ts";

let fake: FakeApi;
let clock: FakeClock;
let calls: number;

beforeEach(() => {
  fake = new FakeApi();
  clock = new FakeClock();
  calls = 0;
});

const a = makeObject("a", "1");

function watch(uid = "uid-a") {
  const departing = { resource: VMS, namespace: "default", name: "a", uid };
  return onGone(fake.api, departing, () => calls++, clock);
}

test("it is gone when the watch says so, and then nobody watches any more", async () => {
  fake.answer = () => makeList("1", a);
  watch();
  await settle();
  fake.last.tell({ type: "MODIFIED", object: makeObject("a", "2") });
  await settle();
  assert.equal(calls, 0);
  fake.last.tell({ type: "DELETED", object: makeObject("a", "3") });
  await settle();
  assert.equal(calls, 1);
  assert.equal(fake.last.over, true);
  await clock.pass(600_000);
  assert.deepEqual([calls, fake.lists, fake.watches.length], [1, 1, 1]);
});

test("what is gone already is found so without a watch", async () => {
  watch();
  await settle();
  assert.deepEqual([calls, fake.watches.length], [1, 0]);
});

test("another object of the name is not the one", async () => {
  fake.answer = () => makeList("1", a);
  watch("uid-before");
  await settle();
  assert.equal(calls, 1);
});

test("an unknown one is gone when there is none of the name", async () => {
  fake.answer = () => makeList("1", a);
  watch("");
  await settle();
  assert.equal(calls, 0);
  fake.last.tell({ type: "DELETED", object: makeObject("a", "3") });
  await settle();
  assert.equal(calls, 1);
});

test("failures are waited out; a list tells what happened meanwhile", async () => {
  fake.answer = () => makeList("1", a);
  watch();
  await settle();
  fake.last.fail(new ApiError(410, "too old"));
  fake.answer = () => {
    throw new ApiError(0, "away");
  };
  await clock.pass(60_000);
  assert.equal(calls, 0);
  fake.answer = () => makeList("9");
  await clock.pass(60_000);
  assert.equal(calls, 1);
});

test("who may not look is told no more than that it was accepted; without a session nothing", async () => {
  for (const [code, expected] of [
    [403, 1],
    [404, 1],
    [401, 0],
  ] as const) {
    calls = 0;
    fake.answer = () => {
      throw new ApiError(code, "no");
    };
    const stop = watch();
    await settle();
    assert.equal(calls, expected, String(code));
    stop();
  }
});

test("who calls it off hears nothing", async () => {
  fake.answer = () => makeList("1", a);
  const stop = watch();
  await settle();
  stop();
  await settle();
  assert.deepEqual([calls, fake.last.over], [0, true]);
  assert.deepEqual(clock.held, { timers: 0, wakes: 0, frames: 0 });
});
