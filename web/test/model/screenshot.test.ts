import assert from "node:assert/strict";
import { test } from "node:test";
import { moveFocus } from "../../src/model/focus.ts";
import { planShots, SHOT_EVERY_MS, type Shot } from "../../src/model/screenshot.ts";

function shot(key: string, last: number | null, busy = false): Shot {
  return { key, last, busy };
}

test("four at once, those without a picture first", () => {
  const shots = [shot("old", 0), ...["a", "b", "c", "d"].map((key) => shot(key, null))];
  assert.deepEqual(planShots(shots, 50_000), { begin: ["a", "b", "c", "d"], wakeAt: null });
});

test("those that are being taken count", () => {
  const busy = ["a", "b", "c"].map((key) => shot(key, null, true));
  const plan = planShots([...busy, shot("d", null), shot("e", null)], 0);
  assert.deepEqual(plan, { begin: ["d"], wakeAt: null });
  const full = planShots([...busy, shot("d", null, true), shot("e", null)], 0);
  assert.deepEqual(full, { begin: [], wakeAt: null });
});

test("each again ten seconds after its last", () => {
  const shots = [shot("a", 1000), shot("b", 3000)];
  assert.deepEqual(planShots(shots, 5000), { begin: [], wakeAt: 1000 + SHOT_EVERY_MS });
  const later = planShots(shots, 1000 + SHOT_EVERY_MS);
  assert.deepEqual(later, { begin: ["a"], wakeAt: 3000 + SHOT_EVERY_MS });
});

test("with no tile there is nothing to wait for", () => {
  assert.deepEqual(planShots([], 0), { begin: [], wakeAt: null });
});

test("keys lead to rows, and not out of the list", () => {
  const from = (key: string, at: number) => moveFocus({ key, at, count: 10, page: 4 });
  assert.deepEqual(
    ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"].map((key) => from(key, 5)),
    [6, 4, 9, 1, 0, 9],
  );
  assert.deepEqual([from("ArrowUp", 0), from("ArrowDown", 9), from("x", 5)], [0, 9, null]);
  assert.equal(moveFocus({ key: "End", at: 0, count: 0, page: 4 }), null);
});
