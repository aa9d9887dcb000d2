import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  FrameError,
  FrameReader,
  type Message,
  renderFrame,
} from "../../src/data/cockpit-frame.ts";
import { hashSha1 } from "../../src/data/cockpit-sha1.ts";
import { readClientFrames, serverFrame } from "./fake.ts";

function read(bytes: Uint8Array, size: number, limit?: number): Message[] {
  const reader = new FrameReader(limit);
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; at += size)
    messages.push(...reader.feed(bytes.subarray(at, at + size)));
  return messages;
}

function codeOf(bytes: Uint8Array, limit?: number): number {
  try {
    read(bytes, 3, limit);
  } catch (error) {
    if (error instanceof FrameError) return error.code;
    throw error;
  }
  return 0;
}

test("messages come whole from frames in any pieces, with pings in between", () => {
  const bytes = Buffer.concat([
    serverFrame(1, "he", false),
    serverFrame(9, "are you there"),
    serverFrame(0, "", false),
    serverFrame(0, "llo"),
    serverFrame(2, Buffer.alloc(300, 7)),
    serverFrame(2, Buffer.alloc(70_000, 8)),
    serverFrame(1, ""),
    serverFrame(8, Buffer.from([3, 232, 0x6f, 0x6b])),
  ]);
  for (const size of [11, 1000, bytes.length]) {
    const seen = read(bytes, size).map((each) =>
      "bytes" in each && each.type === "binary" ? { ...each, bytes: each.bytes.length } : each,
    );
    assert.deepEqual(
      seen.map(({ type }) => type),
      ["ping", "text", "binary", "binary", "text", "close"],
    );
    assert.deepEqual(seen[1], { type: "text", text: "hello" });
    assert.deepEqual(seen[2], { type: "binary", bytes: 300 });
    assert.deepEqual(seen[3], { type: "binary", bytes: 70_000 });
    assert.deepEqual(seen[4], { type: "text", text: "" });
    assert.deepEqual(seen[5], { type: "close", code: 1000, reason: "ok" });
  }
});

test("a character may be cut between two frames", () => {
  const euro = Buffer.from("€");
  const bytes = Buffer.concat([
    serverFrame(1, euro.subarray(0, 1), false),
    serverFrame(0, euro.subarray(1)),
  ]);
  assert.deepEqual(read(bytes, 1), [{ type: "text", text: "€" }]);
});

test("hostile frames are refused with the right code", () => {
  const hostile: [string, number[] | Uint8Array, number][] = [
    ["an extension's bit", [0xc1, 0], 1002],
    ["a mask", [0x81, 0x80, 1, 2, 3, 4], 1002],
    ["an unknown kind", [0x83, 0], 1002],
    ["an unknown control frame", [0x8b, 0], 1002],
    ["a ping in parts", [0x09, 0], 1002],
    ["a ping of 126 bytes", [0x89, 126, 0, 126], 1002],
    ["a continuation of nothing", [0x80, 0], 1002],
    ["a new message in the middle of one", [0x01, 0, 0x81, 0], 1002],
    ["a length longer than it has to be", [0x81, 126, 0, 5], 1002],
    ["a long length longer than it has to be", [0x81, 127, 0, 0, 0, 0, 0, 0, 255, 255], 1002],
    ["more than can be", [0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255], 1009],
    ["more than is taken", [0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1], 1009],
    ["half a code", [0x88, 1, 3], 1002],
    ["a code that is never sent", [0x88, 2, 0x03, 0xed], 1002],
    ["a code that is none", [0x88, 2, 0, 1], 1002],
    ["a text that is none", [0x81, 2, 0xc3, 0x28], 1007],
    ["a reason that is no text", [0x88, 3, 0x03, 0xe8, 0xff], 1007],
  ];
  for (const [name, bytes, code] of hostile)
    assert.equal(codeOf(Uint8Array.from(bytes)), code, name);
});

test("many parts may not be more than one message may", () => {
  const part = serverFrame(0, Buffer.alloc(60), false);
  const bytes = Buffer.concat([serverFrame(2, Buffer.alloc(60), false), part, part]);
  assert.equal(codeOf(bytes, 180), 0);
  assert.equal(codeOf(bytes, 179), 1009);
});

test("what a client writes is masked, and a server reads it", () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    const payload = randomBytes(length);
    const frame = renderFrame(2, payload, randomBytes(4));
    assert.deepEqual(readClientFrames(frame), [{ opcode: 2, payload }]);
  }
});

test("the hash is SHA-1", () => {
  for (const text of ["", "abc", "x".repeat(55), "x".repeat(56), "x".repeat(64), "y".repeat(200)])
    assert.equal(hashSha1(text), createHash("sha1").update(text).digest("base64"));
});
