import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { VMS } from "../../src/data/resources.ts";
import {
  clearTasks,
  finishTasks,
  readTasks,
  runTask,
  subscribeTasks,
} from "../../src/data/tasks.ts";

beforeEach(clearTasks);

test("a task runs, and is done; its result comes back", async () => {
  const states: (string | undefined)[] = [];
  const leave = subscribeTasks(() => states.push(readTasks()[0]?.state));
  const object = { kind: "VirtualMachine", namespace: "a", name: "x" };
  assert.equal(await runTask({ title: "Start x", object }, async () => 7), 7);
  leave();
  assert.deepEqual(states, ["running", "done"]);
  const [task] = readTasks();
  assert.deepEqual(task?.object, object);
  assert.ok(task?.ended instanceof Date && task.ended >= task.started);
});

test("a task that fails keeps its error, and throws it", async () => {
  const error = new Error("no");
  await assert.rejects(
    runTask({ title: "x" }, () => Promise.reject(error)),
    error,
  );
  assert.equal(readTasks()[0]?.state, "failed");
  assert.equal(readTasks()[0]?.error, error);
  await assert.rejects(runTask({ title: "x" }, () => Promise.reject("text")));
  assert.equal(readTasks()[0]?.error?.message, "text");
});

test("newest first, 200 at most, and those that run stay", async () => {
  let finish = () => {};
  const first = runTask({ title: "long" }, () => new Promise<void>((done) => (finish = done)));
  for (let count = 0; count < 300; count++) await runTask({ title: `${count}` }, async () => {});
  assert.equal(readTasks().length, 200);
  assert.equal(readTasks()[0]?.title, "299");
  assert.equal(readTasks().at(-1)?.title, "long");
  finish();
  await first;
  assert.equal(readTasks().at(-1)?.state, "done");
});

test("a task that ends after all were forgotten stays forgotten", async () => {
  let finish = () => {};
  const running = runTask({ title: "x" }, () => new Promise<void>((done) => (finish = done)));
  clearTasks();
  finish();
  await running;
  assert.deepEqual(readTasks(), []);
});

const departing = { resource: VMS, namespace: "default", name: "x", uid: "1" };

test("a task that waits is not done with its work, and holds up nobody", async () => {
  assert.equal(await runTask({ title: "Delete x" }, async () => 7, departing), 7);
  assert.deepEqual([readTasks()[0]?.state, readTasks()[0]?.ended], ["waiting", undefined]);
  finishTasks(({ uid }) => uid === "2");
  assert.equal(readTasks()[0]?.state, "waiting");
  finishTasks(({ uid }) => uid === "1");
  const [task] = readTasks();
  assert.equal(task?.state, "done");
  assert.ok(task?.ended instanceof Date && task.ended >= task.started);
});

test("what was refused does not wait", async () => {
  const error = new Error("no");
  await assert.rejects(runTask({ title: "x" }, () => Promise.reject(error), departing));
  finishTasks(() => true);
  assert.deepEqual([readTasks()[0]?.state, readTasks()[0]?.error], ["failed", error]);
});

test("one that waits for ever stays in sight, and of too many the oldest go", async () => {
  await runTask({ title: "stuck" }, async () => {}, departing);
  for (let count = 0; count < 250; count++) await runTask({ title: `${count}` }, async () => {});
  assert.equal(readTasks().at(-1)?.title, "stuck");
  for (let count = 0; count < 250; count++) {
    await runTask({ title: `${count}` }, async () => {}, departing);
  }
  assert.equal(readTasks().length, 200);
  assert.ok(readTasks().every(({ state }) => state === "waiting"));
  clearTasks();
  finishTasks(() => true);
  assert.deepEqual(readTasks(), []);
});
