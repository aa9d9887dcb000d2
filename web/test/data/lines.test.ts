import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeText, readBody, splitLines } from "../../src/data/lines.ts";

const TEXT = '{"name":"überall ✓ 𝄞"}\n\n{"name":"zwei"}\r\n{"name":"half';

const IDLE = new AbortController().signal;

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of from) all.push(each);
  return all;
}

test("lines are the same however their bytes are cut, also within characters", async () => {
  for (let size = 1; size <= TEXT.length; size++) {
    const lines = await collect(splitLines(cut(TEXT, size)));
    assert.deepEqual(lines, ['{"name":"überall ✓ 𝄞"}', '{"name":"zwei"}\r'], `cut by ${size}`);
  }
});

test("text is the same however its bytes are cut", async () => {
  for (let size = 1; size <= 5; size++) {
    const parts = await collect(decodeText(cut(TEXT, size)));
    assert.equal(parts.join(""), TEXT);
    assert.ok(parts.every((part) => part !== ""));
  }
});

test("a line without an end is not held for ever", async () => {
  const piece = new Uint8Array(1024 * 1024).fill(97);
  async function* endless() {
    for (;;) yield piece;
  }
  await assert.rejects(collect(splitLines(endless())), RangeError);
});

test("to stop reading a body cancels it", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array([97, 10])),
    cancel() {
      cancelled = true;
    },
  });
  for await (const line of splitLines(readBody(new Response(body), IDLE))) {
    assert.equal(line, "a");
    break;
  }
  assert.ok(cancelled);
});

test("a body that breaks throws what broke it", async () => {
  const body = new ReadableStream({
    start: (controller) => controller.error(new TypeError("reset by peer")),
  });
  await assert.rejects(collect(readBody(new Response(body), IDLE)), /reset by peer/);
});

test("a signal ends the reading of a body that is silent", async () => {
  let cancelled = false;
  const body = new ReadableStream({
    cancel() {
      cancelled = true;
    },
  });
  const controller = new AbortController();
  const reading = collect(readBody(new Response(body), controller.signal));
  controller.abort(new Error("enough"));
  await assert.rejects(reading, /enough/);
  assert.ok(cancelled);
});
