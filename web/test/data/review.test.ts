import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { type Api, ApiError, type Call } from "../../src/data/api.ts";
import { VMS } from "../../src/data/resources.ts";
import { openRights, type RightQuestion } from "../../src/data/review.ts";
import { FakeClock, settle } from "./fake.ts";

let clock: FakeClock;
let asked: RightQuestion[];
let answer: (question: RightQuestion) => unknown;
let api: Api;

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  answer = ({ verb }) => ({ status: { allowed: verb === "get", reason: `about ${verb}` } });
  const call = async ({ body }: Call) => {
    const review = body as { spec: { resourceAttributes: RightQuestion } };
    asked.push(review.spec.resourceAttributes);
    return answer(review.spec.resourceAttributes);
  };
  api = { call } as unknown as Api;
});

const get = { verb: "get", resource: VMS, namespace: "a" };
const remove = { verb: "delete", resource: VMS, namespace: "a", name: "x" };

test("asks when somebody looks, and answers in the questions' order", async () => {
  const view = openRights(api, [remove, get], clock);
  assert.deepEqual(view.read(), [
    { state: "unknown", reason: "" },
    { state: "unknown", reason: "" },
  ]);
  await settle();
  assert.equal(asked.length, 0);
  let told = 0;
  view.subscribe(() => {
    told += 1;
  });
  await settle();
  assert.deepEqual(view.read(), [
    { state: "denied", reason: "about delete" },
    { state: "allowed", reason: "about get" },
  ]);
  assert.ok(told > 0);
  assert.equal(view.read(), view.read());
  assert.deepEqual(asked[0], {
    verb: "delete",
    group: "kubevirt.io",
    resource: "virtualmachines",
    namespace: "a",
    name: "x",
  });
});

test("one question is asked once, however many look, and anew after 60 s", async () => {
  for (let count = 0; count < 20; count++) openRights(api, [get], clock).subscribe(() => {});
  await settle();
  assert.equal(asked.length, 1);
  await clock.pass(59_999);
  assert.equal(asked.length, 1);
  answer = () => ({ status: { allowed: false } });
  await clock.pass(1);
  assert.equal(asked.length, 2);
  assert.deepEqual(openRights(api, [get], clock).read(), [{ state: "denied", reason: "" }]);
});

test("nobody looks any more, and nothing is asked", async () => {
  const leave = openRights(api, [get], clock).subscribe(() => {});
  await settle();
  leave();
  leave();
  await clock.pass(600_000);
  assert.equal(asked.length, 1);
  assert.equal(clock.held.timers, 0);
  openRights(api, [get], clock).subscribe(() => {});
  await settle();
  assert.equal(asked.length, 2);
});

test("six at a time", async () => {
  const open: (() => void)[] = [];
  answer = () => new Promise((resolve) => open.push(() => resolve({ status: { allowed: true } })));
  const many = Array.from({ length: 20 }, (_, index) => ({ ...get, namespace: `n${index}` }));
  const view = openRights(api, many, clock);
  view.subscribe(() => {});
  for (let done = 0; done < 20; done++) {
    await settle();
    assert.equal(asked.length, Math.min(20, done + 6));
    open[done]?.();
  }
  await settle();
  assert.ok(view.read().every(({ state }) => state === "allowed"));
});

test("what could not be asked is unknown with the reason, and asked again soon", async () => {
  answer = () => Promise.reject(new ApiError(503, "busy"));
  const view = openRights(api, [get], clock);
  view.subscribe(() => {});
  await settle();
  assert.equal(view.read()[0]?.state, "unknown");
  assert.match(view.read()[0]?.reason ?? "", /busy/);
  answer = () => ({ status: { allowed: true } });
  await clock.pass(10_000);
  assert.equal(view.read()[0]?.state, "allowed");
  answer = () => Promise.reject(new ApiError(503, "busy"));
  await clock.pass(60_000);
  assert.equal(view.read()[0]?.state, "allowed");
});

test("answers that nobody looks at are not kept for ever", async () => {
  for (let count = 0; count < 600; count++) {
    openRights(api, [{ ...get, namespace: `n${count}` }], clock).subscribe(() => {})();
  }
  const kept = openRights(api, [{ ...get, namespace: "n0" }], clock);
  assert.equal(kept.read()[0]?.state, "unknown");
  const leave = kept.subscribe(() => {});
  await settle();
  assert.equal(kept.read()[0]?.state, "allowed");
  leave();
});
