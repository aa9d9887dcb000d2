import assert from "node:assert/strict";
import { test } from "node:test";
import { CodeLoadError, loadCode } from "../../src/app/code.ts";

function failing(times: number) {
  const told = { tries: 0 };
  const load = async () => {
    told.tries += 1;
    if (told.tries <= times) throw new Error(`not there at try ${told.tries}`);
    return "code";
  };
  return { told, load };
}

test("what one replica does not have is asked for again", async () => {
  const { load } = failing(2);
  assert.equal(await loadCode(load, [0, 0]), "code");
});

test("the patience has an end, and the last failure is told", async () => {
  const { told, load } = failing(9);
  await assert.rejects(loadCode(load, [0, 0]), new CodeLoadError("Error: not there at try 3"));
  assert.equal(told.tries, 3);
});
