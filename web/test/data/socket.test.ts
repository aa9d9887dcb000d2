import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../src/data/api.ts";
import { readMessages } from "../../src/data/socket.ts";

/** The browser's side of a websocket that a test drives. */
class FakeSocket {
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  closed = false;

  close(): void {
    this.closed = true;
  }
  tell(data: unknown): void {
    this.onmessage?.({ data } as MessageEvent);
  }
  end(code: number, reason = ""): void {
    this.onclose?.({ code, reason } as CloseEvent);
  }
}

function open(signal = new AbortController().signal) {
  const socket = new FakeSocket();
  const messages = readMessages(socket, signal);
  const first = messages.next();
  return { socket, messages, first };
}

test("messages come in order, also those before the end", async () => {
  const { socket, messages, first } = open();
  for (const text of ["", "one", "two"]) socket.tell(text);
  socket.end(1000);
  const rest: string[] = [(await first).value ?? "none"];
  for await (const text of messages) rest.push(text);
  assert.deepEqual(rest, ["", "one", "two"]);
  assert.ok(socket.closed);
});

test("a connection that breaks is code 0, after what it brought", async () => {
  const { socket, messages, first } = open();
  socket.tell("one");
  socket.end(1006);
  assert.equal((await first).value, "one");
  await assert.rejects(messages.next(), (error) => error instanceof ApiError && error.code === 0);
  assert.ok(socket.closed);
});

test("a signal ends it, with the signal's reason", async () => {
  const controller = new AbortController();
  const { socket, first } = open(controller.signal);
  controller.abort();
  await assert.rejects(first, { name: "AbortError" });
  assert.ok(socket.closed);
  const late = open(controller.signal);
  await assert.rejects(late.first, { name: "AbortError" });
});

test("to stop reading closes the socket", async () => {
  const { socket, messages, first } = open();
  socket.tell("one");
  await first;
  await messages.return(undefined);
  assert.ok(socket.closed);
  assert.equal(socket.onmessage, null);
});

test("what nobody reads is bounded", async () => {
  const { socket, messages, first } = open();
  for (let count = 0; count < 100_002; count++) socket.tell("x");
  await first;
  let read = 0;
  const reading = (async () => {
    for await (const _ of messages) read += 1;
  })();
  await assert.rejects(reading, /too fast/);
  assert.ok(read < 100_002);
});

test("frames that are no text are left out", async () => {
  const { socket, first } = open();
  socket.tell(new ArrayBuffer(3));
  socket.tell("text");
  assert.equal((await first).value, "text");
});
