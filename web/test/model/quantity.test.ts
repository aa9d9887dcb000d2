import assert from "node:assert/strict";
import { test } from "node:test";
import { addQuantities, formatBytes, parseQuantity } from "../../src/model/quantity.ts";

test("every suffix means its number", () => {
  const meanings: [string | number, number][] = [
    ["128Mi", 128 * 2 ** 20],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["500m", 0.5],
    ["2", 2],
    [3, 3],
    ["1e3", 1000],
    ["1E3", 1000],
    ["1E", 1e18],
    ["12k", 12_000],
    ["-1M", -1e6],
    [".5", 0.5],
    ["100n", 1e-7],
  ];
  for (const [quantity, number] of meanings) {
    assert.ok(
      Math.abs(parseQuantity(quantity) - number) <= Math.abs(number) * 1e-12,
      `${quantity}`,
    );
  }
});

test("what is no quantity is no number", () => {
  for (const text of ["", "Mi", "1 Gi", "1GiB", "0x10", "1e", "one", "1Ki5"]) {
    assert.ok(Number.isNaN(parseQuantity(text)), text);
  }
  assert.ok(Number.isNaN(parseQuantity(undefined)));
});

test("a sum leaves out what is no number", () => {
  assert.equal(addQuantities(["1Ki", undefined, "broken", 24]), 1048);
});

test("sizes are read in the user's language", () => {
  assert.equal(formatBytes(1.5 * 2 ** 30, "en"), "1.5 GiB");
  assert.equal(formatBytes(1.5 * 2 ** 30, "de"), "1,5 GiB");
  assert.equal(formatBytes(0, "en"), "0 B");
  assert.equal(formatBytes(2 ** 60, "en"), "1,024 PiB");
  assert.equal(formatBytes(1023.5 * 1024, "de"), "1.023,5 KiB");
  assert.equal(formatBytes(Number.NaN, "en"), "");
});
