import assert from "node:assert/strict";
import { test } from "node:test";
import { type Api, ApiError, type Call } from "../../src/data/api.ts";
import { readTasks } from "../../src/data/tasks.ts";
import type { Verb } from "../../src/model/power.ts";
import { carryOut, carryOutAll, subjectKey, WishBook } from "../../src/part/wishBook.ts";
import { makeRow } from "../model/rows.ts";

function order(verb: Verb, name = "web") {
  return { verb, subject: makeRow({ name }), title: `${verb} ${name}` };
}

/** An API that has only what verbs need. */
function fake(answer: (call: Call) => Promise<unknown>): Api {
  return { call: answer } as unknown as Api;
}

test("a verb is in the book until the status tells of it", async () => {
  const book = new WishBook();
  const calls: string[] = [];
  const api = fake(async ({ path }) => calls.push(path));
  const stop = order("stop");
  await carryOut(api, book, stop);
  const key = subjectKey(stop.subject);
  assert.match(calls[0] ?? "", /\/virtualmachines\/web\/stop$/);
  assert.equal(book.get(key)?.state, "waiting");
  book.observe(() => makeRow({ name: "web", status: "Stopped" }));
  assert.equal(book.get(key), undefined);
  assert.deepEqual(book.readOutcome(), { verb: "stop", name: "web", done: true });
});

test("a refusal stays in the book and in the task log, until somebody takes note", async () => {
  const book = new WishBook();
  const api = fake(async () => {
    throw new ApiError(409, "VM is already running");
  });
  const start = order("start", "refused");
  await carryOut(api, book, start);
  const key = subjectKey(start.subject);
  assert.equal(book.get(key)?.message, "VM is already running");
  assert.deepEqual(book.readOutcome(), { verb: "start", name: "refused", done: false });
  const [task] = readTasks();
  assert.deepEqual([task?.title, task?.state], ["start refused", "failed"]);
  book.set(key, null);
  assert.equal(book.get(key), undefined);
  assert.equal(book.readOutcome()?.done, false);
});

test("what is not known does not end a wish, what is gone does", async () => {
  const book = new WishBook();
  const stop = order("stop");
  await carryOut(
    fake(async () => undefined),
    book,
    stop,
  );
  book.observe(() => undefined);
  assert.equal(book.get(subjectKey(stop.subject))?.state, "waiting");
  book.observe(() => null);
  assert.equal(book.get(subjectKey(stop.subject)), undefined);
});

test("of many, four are sent at a time, and all are in the book at once", async () => {
  const book = new WishBook();
  let [running, most, seen] = [0, 0, 0];
  const orders = Array.from({ length: 20 }, (_, at) => order("pause", `vm-${at}`));
  const api = fake(async () => {
    running += 1;
    most = Math.max(most, running);
    seen = Math.max(seen, orders.filter(({ subject }) => book.get(subjectKey(subject))).length);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  });
  await carryOutAll(api, book, orders);
  assert.deepEqual([most, seen], [4, 20]);
});

test("a deletion is of the object that was looked at", async () => {
  const deleted: unknown[] = [];
  const api = {
    delete: async (...args: unknown[]) => {
      deleted.push(args);
    },
  } as unknown as Api;
  await carryOut(api, new WishBook(), order("delete"));
  const [[resource, name, options]] = deleted as [[{ kind: string }, string, unknown]];
  assert.deepEqual([resource.kind, name], ["VirtualMachine", "web"]);
  assert.deepEqual(options, { namespace: "default", uid: "uid-web" });
});

test("a deletion is in the task log until a page has seen that the object is gone", async () => {
  const book = new WishBook();
  const api = { delete: async () => {} } as unknown as Api;
  const [web, db] = [order("delete", "web"), order("delete", "db")];
  await carryOutAll(api, book, [web, db]);
  const states = () => readTasks().map(({ title, state }) => [title, state]);
  const leaving = makeRow({ name: "web", status: "Terminating", deleting: true });
  book.observe((key) => (key === subjectKey(leaving) ? leaving : undefined));
  assert.deepEqual(states().slice(0, 2), [
    ["delete db", "waiting"],
    ["delete web", "waiting"],
  ]);
  // another one has the name already
  const next = makeRow({ name: "web", uid: "another" });
  book.observe((key) => (key === subjectKey(next) ? next : undefined));
  assert.deepEqual(states().slice(0, 2), [
    ["delete db", "waiting"],
    ["delete web", "done"],
  ]);
  book.observe(() => null);
  assert.deepEqual(states()[0], ["delete db", "done"]);
});

test("other verbs are done in the task log when the API has said yes", async () => {
  await carryOut(
    fake(async () => undefined),
    new WishBook(),
    order("stop", "accepted"),
  );
  const [task] = readTasks();
  assert.deepEqual([task?.title, task?.state], ["stop accepted", "done"]);
});
