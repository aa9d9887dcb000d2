import assert from "node:assert/strict";
import { test } from "node:test";
import { CodeLoadError } from "../../src/app/code.ts";
import { Shelf } from "../../src/app/late.ts";

test("code that was fetched before is there at once", async () => {
  const shelf = new Shelf(async () => ({ default: "code" }));
  assert.equal(shelf.read(), undefined);
  await shelf.fetch();
  assert.equal(shelf.read(), "code");
});

test("who shows code that is not there hears when it comes", async () => {
  const shelf = new Shelf(async () => ({ default: "code" }));
  await new Promise<void>((resolve) => shelf.subscribe(resolve));
  assert.equal(shelf.read(), "code");
});

test("who has gone hears nothing", async () => {
  const heard: string[] = [];
  const shelf = new Shelf(async () => ({ default: "code" }));
  const leave = shelf.subscribe(() => heard.push("one"));
  const last = new Promise<void>((resolve) => shelf.subscribe(resolve));
  leave();
  await last;
  assert.deepEqual(heard, []);
});

test("what fails before anybody shows it is tried again, and told then", async () => {
  let tries = 0;
  const shelf = new Shelf(async (): Promise<{ default: string }> => {
    tries += 1;
    throw new Error("no network");
  }, []);
  await shelf.fetch();
  assert.equal(shelf.read(), undefined);
  await new Promise<void>((resolve) => shelf.subscribe(resolve));
  assert.equal(tries, 2);
  assert.throws(() => shelf.read(), new CodeLoadError("Error: no network"));
});
