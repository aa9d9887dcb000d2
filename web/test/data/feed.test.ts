import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ApiError, type KubeObject } from "../../src/data/api.ts";
import { closeFeeds, countFeeds, openFeed } from "../../src/data/feed.ts";
import type { LiveTable } from "../../src/data/live.ts";
import { VMS } from "../../src/data/resources.ts";
import { FakeApi, FakeClock, makeList, makeObject, names, openList, settle } from "./fake.ts";

let fake: FakeApi;
let clock: FakeClock;

beforeEach(() => {
  fake = new FakeApi();
  clock = new FakeClock();
});

const open = (selection = {}) => openList(fake, clock, selection);

const a1 = makeObject("a", "1");
const b1 = makeObject("b", "1");

test("lists, and then follows from the list's version", async () => {
  fake.answer = () => makeList("17", a1, b1);
  const { read, seen } = open();
  assert.equal(read().state, "loading");
  await clock.draw();
  assert.equal(read().state, "live");
  assert.deepEqual(names(read()), ["a", "b"]);
  assert.equal(seen.count, 1);
  assert.equal(fake.last.version, "17");
  fake.last.tell({ type: "ADDED", object: makeObject("c", "18") });
  fake.last.tell({ type: "DELETED", object: makeObject("a", "19") });
  await clock.draw();
  assert.deepEqual(names(read()), ["b", "c"]);
});

test("reading asks for nothing, and makes nothing", async () => {
  openFeed(fake.api, "list", VMS, {}, clock).read();
  await settle();
  assert.equal(fake.lists, 0);
  assert.equal(countFeeds(fake.api), 0);
});

test("without a resource nothing is asked for", async () => {
  const feed = openFeed(fake.api, "list", undefined, {}, clock);
  const leave = feed.subscribe(() => assert.fail("nothing can change"));
  await clock.pass(1000);
  assert.equal(feed.read().state, "loading");
  assert.equal(fake.lists, 0);
  leave();
});

test("many changes are one change of the page", async () => {
  fake.answer = () => makeList("1", a1, b1);
  const { read, seen } = open();
  await clock.draw();
  for (let version = 2; version < 1000; version++) {
    fake.last.tell({ type: "MODIFIED", object: makeObject("a", String(version)) });
  }
  await settle();
  assert.equal(seen.count, 1);
  assert.equal(await clock.draw(), 1);
  assert.equal(seen.count, 2);
  assert.equal(read().items[0]?.metadata.resourceVersion, "999");
});

test("what did not change stays the same object, and no change is no new array", async () => {
  fake.answer = () => makeList("1", a1, b1);
  const { read, seen } = open();
  await clock.draw();
  const before = read();
  fake.last.tell({ type: "MODIFIED", object: makeObject("a", "2") });
  await clock.draw();
  const after = read();
  assert.notEqual(after.items, before.items);
  assert.notEqual(after.items[0], before.items[0]);
  assert.equal(after.items[1], before.items[1]);
  fake.last.tell({ type: "MODIFIED", object: makeObject("a", "2") });
  fake.last.tell({ type: "BOOKMARK", resourceVersion: "50" });
  await clock.draw();
  assert.equal(read(), after);
  assert.equal(seen.count, 2);
});

test("a list anew that finds the same is no change", async () => {
  fake.answer = () => makeList("1", a1, b1);
  const { read } = open();
  await clock.draw();
  const before = read();
  fake.answer = () => makeList("9", makeObject("a", "1"), makeObject("b", "1"));
  fake.last.fail(new ApiError(410, "too old"));
  await clock.draw();
  assert.equal(read(), before);
});

test("the same name with another uid is another object, whatever its version", async () => {
  fake.answer = () => makeList("1", a1);
  const { read } = open();
  await clock.draw();
  const other = { metadata: { ...a1.metadata, uid: "other" } };
  fake.last.tell({ type: "MODIFIED", object: other });
  await clock.draw();
  assert.equal(read().items[0], other);
});

test("all who look at the same share one feed", async () => {
  fake.answer = () => makeList("1", a1);
  const [one, other] = [open(), open()];
  await clock.draw();
  assert.equal(fake.lists, 1);
  assert.equal(fake.watches.length, 1);
  assert.equal(one.read(), other.read());
  open({ namespace: "elsewhere" });
  open({ fieldSelector: "metadata.name=a" });
  openFeed(fake.api, "table", VMS, {}, clock).subscribe(() => {});
  await settle();
  assert.equal(fake.lists, 4);
});

test("it is dropped 30 s after the last one has gone, and nothing is left", async () => {
  const [one, other] = [open(), open()];
  await clock.draw();
  one.leave();
  await clock.pass(60_000);
  assert.equal(countFeeds(fake.api), 1);
  other.leave();
  other.leave();
  await clock.pass(29_999);
  assert.equal(countFeeds(fake.api), 1);
  assert.equal(fake.last.signal.aborted, false);
  await clock.pass(1);
  await settle();
  assert.equal(countFeeds(fake.api), 0);
  assert.ok(fake.last.over);
  assert.deepEqual(clock.held, { timers: 0, wakes: 0, frames: 0 });
  assert.equal(one.read().state, "loading");
});

test("who comes back within 30 s finds it as it was", async () => {
  fake.answer = () => makeList("1", a1);
  const first = open();
  await clock.draw();
  first.leave();
  await clock.pass(20_000);
  const second = open();
  await clock.pass(60_000);
  assert.deepEqual(names(second.read()), ["a"]);
  assert.equal(fake.lists, 1);
});

test("a table's rows are followed in the same way", async () => {
  const row = (name: string, version: string, cell: string) => ({
    cells: [name, cell],
    object: makeObject(name, version),
  });
  const columns = [{ name: "Name", type: "string", priority: 0 }];
  fake.answer = () => ({ columns, rows: [row("a", "1", "Running")], resourceVersion: "3" });
  const feed = openFeed(fake.api, "table", VMS, {}, clock);
  feed.subscribe(() => {});
  await clock.draw();
  const before = feed.read() as LiveTable;
  assert.deepEqual(before.columns, columns);
  const changed = row("a", "4", "Paused");
  fake.last.tell({
    type: "MODIFIED",
    object: { ...changed, metadata: changed.object.metadata } as KubeObject,
  });
  await clock.draw();
  const after = feed.read() as LiveTable;
  assert.deepEqual(after.rows[0]?.cells, ["a", "Paused"]);
  assert.equal(after.columns, before.columns);
});

test("more than a browser should hold is refused, in a list and in a watch", async () => {
  const many = Array.from({ length: 50_000 }, (_, index) => makeObject(`n${index}`, "1"));
  fake.answer = () => makeList("1", ...many, a1);
  const { read } = open();
  await clock.draw();
  assert.equal(read().state, "refused");
  assert.match(read().error?.message ?? "", /namespace/);
  fake.answer = () => makeList("1", ...many);
  await clock.pass(60_000);
  await clock.draw();
  assert.equal(read().state, "live");
  fake.last.tell({ type: "ADDED", object: a1 });
  await clock.draw();
  assert.equal(read().state, "refused");
  assert.equal(read().items.length, 0);
});

test("with a session everything that it looked at ends", async () => {
  const [one, other] = [open(), open({ namespace: "elsewhere" })];
  await clock.draw();
  other.leave();
  closeFeeds(fake.api);
  await settle();
  assert.equal(countFeeds(fake.api), 0);
  assert.equal(fake.last.signal.aborted, true);
  one.leave();
  await clock.pass(60_000);
  assert.equal(countFeeds(fake.api), 0);
});
