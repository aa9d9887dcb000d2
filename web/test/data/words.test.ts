import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../src/data/api.ts";
import { describeError } from "../../src/data/words.ts";
import german from "../../src/text/de/data.json" with { type: "json" };

const texts: Readonly<Record<string, string>> = german;
const t = ((key: string) => {
  const text = texts[key];
  assert.ok(text !== undefined, `no German for ${JSON.stringify(key)}`);
  return text;
}) as never;

test("the page's own errors are translated", () => {
  const words = [
    new ApiError(0, "x", "Unreachable"),
    new ApiError(0, "x", "Timeout"),
    new ApiError(413, "x", "TooMany"),
  ].map((error) => describeError(error, t));
  assert.equal(new Set(words).size, 3);
  assert.ok(!words.includes("x"));
});

test("the API server's words are left as they are, and never looked up as texts", () => {
  const message = "{{name}} $t(Delete) timed out";
  assert.equal(describeError(new ApiError(504, message, "Timeout"), t), message);
  assert.equal(describeError(new ApiError(0, message), t), message);
  assert.equal(describeError(new Error(message), t), message);
});
