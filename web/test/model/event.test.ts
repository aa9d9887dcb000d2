/** The order of events. */
import assert from "node:assert/strict";
import test from "node:test";
import { countEvent, findEventTime, listNewest } from "../../src/model/event.ts";

const at = (second: number) => `2026-11-23T12:00:0${second}Z`;
const make = (name: string, rest: object) => ({
  metadata: { name, creationTimestamp: at(0) },
  involvedObject: {},
  ...rest,
});

test("an event happened when it was seen last, whichever field says it", () => {
  assert.equal(findEventTime(make("a", { series: { lastObservedTime: at(4) } })), at(4));
  assert.equal(findEventTime(make("a", { firstTimestamp: at(1), lastTimestamp: at(3) })), at(3));
  assert.equal(findEventTime(make("a", { lastTimestamp: null, eventTime: at(2) })), at(2));
  assert.equal(findEventTime(make("a", {})), at(0));
});

test("the newest come first, and no more than asked for", () => {
  const events = [1, 3, 2].map((second) => make(`e${second}`, { lastTimestamp: at(second) }));
  const newest = listNewest([...events, make("odd", { lastTimestamp: "nonsense" })], 3);
  assert.deepEqual(
    newest.map(({ metadata }) => metadata.name),
    ["e3", "e2", "e1"],
  );
});

test("repetitions are counted", () => {
  assert.equal(countEvent(make("a", {})), 1);
  assert.equal(countEvent(make("a", { count: 7 })), 7);
  assert.equal(countEvent(make("a", { count: 7, series: { count: 9 } })), 9);
});
