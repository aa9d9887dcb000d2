/** Keys, alone and one after the other. */
import assert from "node:assert/strict";
import test from "node:test";
import { NO_KEY, readKey, SHORTCUTS } from "../../src/model/shortcut.ts";

function press(keys: readonly string[], pause = 100) {
  let pressed = NO_KEY;
  let now = 10_000;
  return keys.map((key) => {
    const { deed, pressed: next } = readKey(key, now, pressed);
    pressed = next;
    now += pause;
    return deed?.kind === "go" ? deed.path : deed?.kind;
  });
}

test("one key, and two in time", () => {
  assert.deepEqual(press(["?"]), ["help"]);
  assert.deepEqual(press(["g", "v"]), [undefined, "/vms"]);
  assert.deepEqual(press(["g", "n"]), [undefined, "/nodes"]);
  assert.deepEqual(press(["n"]), ["namespace"]);
});

test("the second key may come too late, or be another", () => {
  assert.deepEqual(press(["g", "n"], 2000), [undefined, "namespace"]);
  assert.deepEqual(press(["g", "x", "v"]), [undefined, undefined, undefined]);
});

test("a pair that was done does not count again", () => {
  assert.deepEqual(press(["g", "v", "n"]), [undefined, "/vms", "namespace"]);
});

test("no shortcut hides another", () => {
  const all = SHORTCUTS.map(({ keys }) => keys.join(" "));
  assert.equal(new Set(all).size, all.length);
  const single = new Set(all.filter((each) => !each.includes(" ")));
  assert.deepEqual(
    SHORTCUTS.filter(({ keys }) => keys.length === 2 && single.has(keys[0])),
    [],
  );
});
