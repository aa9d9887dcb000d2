import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../src/data/api.ts";
import { Keeper, type Lease } from "../../src/data/keeper.ts";
import { FakeClock, settle } from "./fake.ts";

const HOUR = { user: "ada", seconds: 3600, renews: true };
const FIXED = { ...HOUR, renews: false };

function keep(lease: Lease) {
  const clock = new FakeClock();
  const told = { renewals: 0, looks: 0, lost: [] as string[], changes: 0 };
  const next: { answer: Lease | Error } = { answer: HOUR };
  const give = async () => {
    if (next.answer instanceof Error) throw next.answer;
    return next.answer;
  };
  const door = {
    renew: () => {
      told.renewals += 1;
      return give();
    },
    look: () => {
      told.looks += 1;
      return give();
    },
    lost: (why: string) => told.lost.push(why),
    alone: <T>(work: () => Promise<T>) => work(),
  };
  const keeper = new Keeper(door, clock, lease);
  keeper.subscribe(() => {
    told.changes += 1;
  });
  return { clock, told, next, keeper };
}

test("a session is renewed five minutes before its end, again and again, and nobody is told", async () => {
  const { clock, told, keeper } = keep(HOUR);
  await clock.pass(3299_000);
  assert.equal(told.renewals, 0);
  await clock.pass(1000);
  assert.equal(told.renewals, 1);
  await clock.pass(3300_000);
  assert.equal(told.renewals, 2);
  assert.deepEqual([keeper.read(), told.changes], [null, 0]);
});

test("a short one is renewed after half of its life", async () => {
  const { clock, told } = keep({ ...HOUR, seconds: 60 });
  await clock.pass(30_000);
  assert.equal(told.renewals, 1);
});

test("one that nobody renews is told of five minutes before its end", async () => {
  const { clock, told, keeper } = keep(FIXED);
  await clock.pass(3299_000);
  assert.equal(keeper.read(), null);
  await clock.pass(1000);
  assert.deepEqual(keeper.read(), { at: 3600_000 });
  assert.equal(told.renewals, 0);
});

test("at its end it is looked at, since what is open would not tell", async () => {
  const { clock, told, next } = keep({ ...FIXED, seconds: 600 });
  next.answer = new ApiError(503, "away");
  await clock.pass(600_000);
  assert.deepEqual([told.looks, told.lost], [1, []]);
  next.answer = new ApiError(401, "over");
  await clock.pass(2000);
  assert.deepEqual([told.looks, told.lost], [2, ["over"]]);
});

test("a login in another tab is found when this one is looked at again", async () => {
  const { clock, told, next, keeper } = keep({ ...FIXED, seconds: 100 });
  assert.deepEqual(keeper.read(), { at: 100_000 });
  next.answer = FIXED;
  clock.wake();
  await settle();
  assert.deepEqual([keeper.read(), told.looks], [null, 1]);
});

test("somebody else's login is the end of this one", async () => {
  const { clock, told, next } = keep({ ...FIXED, seconds: 100 });
  next.answer = { ...HOUR, user: "bob" };
  clock.wake();
  await settle();
  assert.deepEqual(told.lost, ["bob has logged in instead"]);
});

test("an issuer that is away is asked again, and the page is told meanwhile", async () => {
  const { clock, told, next, keeper } = keep({ ...HOUR, seconds: 60 });
  const away = new ApiError(503, "away");
  next.answer = away;
  await clock.pass(30_000);
  assert.deepEqual(keeper.read(), { at: 60_000, why: away });
  next.answer = HOUR;
  await clock.pass(2000);
  assert.deepEqual([keeper.read(), told.renewals], [null, 2]);
});

test("an issuer that says no is not asked again", async () => {
  const { clock, told, next, keeper } = keep({ ...HOUR, seconds: 60 });
  next.answer = new ApiError(403, "no");
  await clock.pass(59_000);
  assert.equal(told.renewals, 1);
  assert.deepEqual(keeper.read(), { at: 60_000, why: next.answer });
  assert.equal(await keeper.revive(), false);
  await clock.pass(1000);
  assert.deepEqual([told.renewals, told.looks, told.lost], [1, 1, ["no"]]);
});

test("a session that is no more is lost", async () => {
  const { clock, told, next } = keep({ ...HOUR, seconds: 60 });
  next.answer = new ApiError(401, "over");
  await clock.pass(30_000);
  assert.deepEqual(told.lost, ["over"]);
});

test("a machine that slept beyond the time has it renewed as soon as it wakes", async () => {
  const { clock, told } = keep(HOUR);
  clock.wake();
  assert.equal(told.renewals, 0);
  clock.sleep(3400_000);
  clock.wake();
  assert.equal(told.renewals, 1);
});

test("what the API does not take is renewed only when it has expired", async () => {
  const { clock, told, keeper } = keep(HOUR);
  assert.equal(await keeper.revive(), false);
  clock.sleep(3601_000);
  const both = await Promise.all([keeper.revive(), keeper.revive()]);
  assert.deepEqual([both, told.renewals], [[true, true], 1]);
});

test("nothing happens after it was stopped", async () => {
  const { clock, told, keeper } = keep({ ...HOUR, seconds: 60 });
  keeper.stop();
  await clock.pass(60_000);
  assert.deepEqual([told.renewals, clock.held.timers, clock.held.wakes], [0, 0, 0]);
});

test("of a gateway that says nothing of an end none is told", async () => {
  const { clock, keeper } = keep({ ...FIXED, seconds: Number.POSITIVE_INFINITY });
  assert.equal(clock.held.timers, 0);
  assert.equal(keeper.read(), null);
});
