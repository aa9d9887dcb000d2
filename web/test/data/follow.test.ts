import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ApiError } from "../../src/data/api.ts";
import { backOff } from "../../src/data/backoff.ts";
import { FakeApi, FakeClock, makeList, makeObject, names, openList, settle } from "./fake.ts";

let fake: FakeApi;
let clock: FakeClock;

beforeEach(() => {
  fake = new FakeApi();
  clock = new FakeClock();
});

const open = (selection = {}) => openList(fake, clock, selection);

const a1 = makeObject("a", "1");
const b1 = makeObject("b", "1");

test("a watch that ends orderly is resumed at once from the last version, without a list", async () => {
  fake.answer = () => makeList("1", a1);
  const { read } = open();
  await clock.draw();
  fake.last.tell({ type: "MODIFIED", object: makeObject("a", "5") });
  fake.last.tell({ type: "BOOKMARK", resourceVersion: "40" });
  await clock.pass(3000);
  fake.last.end();
  await settle();
  assert.equal(fake.watches.length, 2);
  assert.equal(fake.last.version, "40");
  assert.equal(fake.lists, 1);
  assert.equal(read().state, "live");
});

test("a watch that ends at once again and again is no hot loop", async () => {
  const { read } = open();
  await clock.draw();
  for (let round = 0; round < 20; round++) {
    fake.last.end();
    await settle();
    const [wait = 0] = clock.waits;
    assert.ok(wait >= 1000 && wait <= 30_000, `round ${round} waits ${wait} ms`);
    await clock.pass(wait);
  }
  assert.equal(fake.watches.length, 21);
  assert.ok(clock.now() > 150_000);
  assert.equal(read().state, "live");
});

test("a broken watch is stale, waits, resumes from its version, and is live again", async () => {
  fake.answer = () => makeList("1", a1);
  const { read } = open();
  await clock.draw();
  fake.last.fail(new ApiError(0, "reset"));
  await clock.draw();
  assert.equal(read().state, "stale");
  assert.equal(read().error?.message, "reset");
  assert.deepEqual(names(read()), ["a"]);
  await clock.pass(999);
  assert.equal(fake.watches.length, 1);
  await clock.pass(1);
  assert.equal(fake.watches.length, 2);
  assert.equal(fake.last.version, "1");
  fake.last.tell({ type: "BOOKMARK", resourceVersion: "1" });
  await clock.draw();
  assert.equal(read().state, "live");
  assert.equal(read().error, undefined);
  assert.equal(fake.lists, 1);
});

test("waits grow from 1 s to 30 s, with jitter, and start anew after a sound watch", async () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 100].map((failures) => backOff(failures, 0)),
    [1000, 2000, 4000, 8000, 15_000, 15_000, 15_000],
  );
  assert.deepEqual(
    [1, 2, 3, 4, 5, 100].map((failures) => backOff(failures, 1)),
    [2000, 4000, 8000, 16_000, 30_000, 30_000],
  );
  clock.chance = 0.5;
  open();
  await clock.draw();
  const waits: (number | undefined)[] = [];
  for (let round = 0; round < 4; round++) {
    fake.last.fail(new ApiError(503, "busy"));
    await settle();
    waits.push(clock.waits[0]);
    await clock.pass(clock.waits[0] ?? 0);
  }
  assert.deepEqual(waits, [1500, 3000, 6000, 12_000]);
  await clock.pass(10_000);
  fake.last.fail(new ApiError(503, "busy"));
  await settle();
  assert.equal(clock.waits[0], 1500);
});

test("after 410 everything is listed anew at once, and what is gone goes", async () => {
  fake.answer = () => makeList("1", a1, b1);
  const { read } = open();
  await clock.draw();
  const [, heldB] = read().items;
  fake.answer = () => makeList("900", makeObject("b", "1"), makeObject("c", "800"));
  fake.last.fail(new ApiError(410, "too old", "Expired"));
  await clock.draw();
  assert.equal(fake.lists, 2);
  assert.deepEqual(names(read()), ["b", "c"]);
  assert.equal(read().items[0], heldB);
  assert.equal(read().state, "live");
  assert.equal(fake.last.version, "900");
});

test("back after a long outage, a version that is too old does not wait once more", async () => {
  fake.answer = () => makeList("1", a1);
  const { read } = open();
  await clock.draw();
  for (let round = 0; round < 5; round++) {
    fake.last.fail(new ApiError(0, "offline"));
    await settle();
    await clock.pass(clock.waits[0] ?? 0);
  }
  fake.answer = () => makeList("900", b1);
  fake.last.fail(new ApiError(410, "too old"));
  await clock.draw();
  assert.equal(read().state, "live");
  assert.deepEqual(names(read()), ["b"]);
});

test("the first list may be what the server remembers; later ones are the newest", async () => {
  open();
  await clock.draw();
  fake.last.fail(new ApiError(410, "too old"));
  await clock.draw();
  assert.deepEqual(fake.wanted, ["0", undefined]);
});

test("one object is always read as it is now: it must not be missing because it is new", async () => {
  open({ fieldSelector: "metadata.name=a" });
  await clock.draw();
  assert.deepEqual(fake.wanted, [undefined]);
});

test("410 again and again is no hot loop", async () => {
  open();
  await clock.draw();
  for (let round = 0; round < 10; round++) {
    fake.last.fail(new ApiError(410, "too old"));
    await settle();
  }
  assert.ok(fake.lists <= 3, `${fake.lists} lists without waiting`);
});

for (const code of [403, 404, 400, 406]) {
  test(`${code} is refused, shows nothing, and is asked again a minute later`, async () => {
    clock.chance = 1;
    fake.answer = () => makeList("1", a1);
    const { read } = open();
    await clock.draw();
    fake.answer = () => Promise.reject(new ApiError(code, "no"));
    fake.last.fail(new ApiError(code, "no"));
    await clock.draw();
    assert.equal(read().state, "refused");
    assert.equal(read().error?.code, code);
    assert.deepEqual(read().items, []);
    await clock.pass(59_999);
    assert.equal(fake.lists, 1);
    await clock.pass(1);
    assert.equal(fake.lists, 2);
    fake.answer = () => makeList("5", b1);
    await clock.pass(60_000);
    await clock.draw();
    assert.equal(read().state, "live");
    assert.deepEqual(names(read()), ["b"]);
  });
}

test("a session that has ended is asked once a minute at most", async () => {
  fake.answer = () => Promise.reject(new ApiError(401, "over"));
  const { read } = open();
  await clock.draw();
  assert.equal(read().state, "refused");
  clock.chance = 1;
  const { lists } = fake;
  await clock.pass(600_000);
  assert.ok(fake.lists - lists <= 11, `${fake.lists - lists} in ten minutes`);
});

test("an API that cannot be reached at first is loading, with the reason, and goes on", async () => {
  fake.answer = () => Promise.reject(new ApiError(0, "unreachable"));
  const { read } = open();
  await clock.draw();
  assert.equal(read().state, "loading");
  assert.equal(read().error?.message, "unreachable");
  fake.answer = () => makeList("1", a1);
  await clock.pass(1000);
  await clock.draw();
  assert.equal(read().state, "live");
  assert.equal(read().error, undefined);
});

test("back online it tries at once", async () => {
  const { read } = open();
  await clock.draw();
  for (let round = 0; round < 6; round++) {
    fake.last.fail(new ApiError(0, "offline"));
    await settle();
    await clock.pass(clock.waits[0] ?? 0);
  }
  fake.last.fail(new ApiError(0, "offline"));
  await clock.draw();
  assert.equal(read().state, "stale");
  const { length } = fake.watches;
  clock.wake();
  await settle();
  assert.equal(fake.watches.length, length + 1);
});

test("a watch that was silent for long is made anew at once when the machine wakes up", async () => {
  const { read } = open();
  await clock.draw();
  const [first] = fake.watches;
  await clock.pass(50_000);
  clock.wake();
  await settle();
  assert.equal(first?.over, false);
  await clock.pass(20_000);
  clock.wake();
  await settle();
  assert.equal(first?.over, true);
  assert.equal(fake.watches.length, 2);
  await clock.draw();
  assert.equal(read().state, "live");
});

test("dropped while it waits, it asks for nothing more", async () => {
  fake.answer = () => Promise.reject(new ApiError(0, "unreachable"));
  const { leave } = open();
  await clock.pass(100_000);
  leave();
  await clock.pass(30_000);
  const { lists } = fake;
  await clock.pass(300_000);
  assert.equal(fake.lists, lists);
  assert.deepEqual(clock.held, { timers: 0, wakes: 0, frames: 0 });
});

test("after an outage of minutes everything is listed anew: it may be another cluster", async () => {
  fake.answer = () => makeList("5000", a1);
  const { read } = open();
  await clock.draw();
  const fail = async () => {
    fake.last.fail(new ApiError(0, "offline"));
    await settle();
    await clock.pass(clock.waits[0] ?? 0);
  };
  const began = clock.now();
  while (clock.now() - began < 290_000) {
    await fail();
    assert.equal(fake.last.version, "5000");
  }
  assert.equal(fake.lists, 1);
  fake.answer = () => makeList("3", b1);
  while (fake.lists === 1 && clock.now() - began < 400_000) await fail();
  await clock.draw();
  assert.equal(fake.last.version, "3");
  assert.deepEqual(names(read()), ["b"]);
  assert.equal(read().state, "live");
});
