/** Times in words. */
import assert from "node:assert/strict";
import test from "node:test";
import { formatDuration, formatExact, formatSince } from "../../src/model/time.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const since = (seconds: number, language = "en") =>
  formatSince(new Date(NOW - seconds * 1000), NOW, language);

test("the largest whole unit says how long ago it was", () => {
  assert.equal(since(3), "now");
  assert.equal(since(59), "59 sec. ago");
  assert.equal(since(119), "1 min. ago");
  assert.equal(since(86_399), "23 hr. ago");
  assert.equal(since(86_400), "yesterday");
  assert.equal(since(5 * 31_536_000), "5 yr. ago");
  assert.equal(since(180, "de"), "vor 3 Min.");
});

test("clocks differ: what comes is said, too", () => {
  assert.equal(since(-120), "in 2 min.");
  assert.equal(since(-3), "now");
});

test("exact times have the zone", () => {
  const said = formatExact(new Date(NOW), "en");
  assert.match(said, /Nov 2[234], 2026/);
  assert.match(said, /(UTC|GMT|[A-Z]{3,4})/);
});

test("durations have one unit", () => {
  assert.equal(formatDuration(420, "en"), "0.4 sec");
  assert.equal(formatDuration(12_300, "en"), "12 sec");
  assert.equal(formatDuration(180_000, "de"), "3 Min.");
  assert.equal(formatDuration(7_200_000, "en"), "2 hr");
});
