import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerReader, HttpError, type Part, renderRequest } from "../../src/data/cockpit-http.ts";
import { encode } from "./fake.ts";

interface Read {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  body: string;
  ended: boolean;
}

/** Reads an answer that comes in pieces of so many bytes. */
function read(answer: string, size: number, closes = false): Read {
  const reader = new AnswerReader();
  const seen: Read = { body: "", ended: false };
  const take = (part: Part) => {
    if (part.type === "head") Object.assign(seen, part.head);
    else if (part.type === "data") seen.body += Buffer.from(part.bytes).toString("latin1");
    else seen.ended = true;
  };
  const bytes = encode(answer);
  for (let at = 0; at < bytes.length; at += size)
    for (const part of reader.feed(bytes.subarray(at, at + size))) take(part);
  if (closes) reader.finish().forEach(take);
  return seen;
}

const CHUNKED =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nAudit-Id: 1\r\n\r\n" +
  '5;name="x"\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: yes\r\n\r\n';

test("an answer means the same in whatever pieces it comes", () => {
  for (const size of [1, 2, 3, 7, 1000]) {
    const seen = read(CHUNKED, size);
    assert.equal(seen.status, 200);
    assert.equal(seen.headers?.["audit-id"], "1");
    assert.equal(seen.body, "hello 0123456789");
    assert.ok(seen.ended, `pieces of ${size}`);
  }
});

test("a body ends by its length, by its chunks, or with the connection", () => {
  const counted = read("HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc", 4);
  assert.deepEqual([counted.status, counted.body, counted.ended], [201, "abc", true]);
  const empty = read("HTTP/1.1 204 No Content\r\n\r\n", 5);
  assert.deepEqual([empty.body, empty.ended], ["", true]);
  const open = "HTTP/1.0 200 OK\r\n\r\nto the end";
  assert.equal(read(open, 6).ended, false);
  assert.deepEqual([read(open, 6, true).body, read(open, 6, true).ended], ["to the end", true]);
});

test("what a server says in between is no answer", () => {
  const seen = read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 3);
  assert.deepEqual([seen.status, seen.ended], [200, true]);
});

test("headers of one name are joined, and none becomes an object's own", () => {
  const seen = read(
    "HTTP/1.1 200 OK\r\nWarning: 299 - a\r\nwarning: 299 - b\r\n__proto__: x\r\nContent-Length: 0\r\n\r\n",
    1000,
  );
  assert.equal(seen.headers?.warning, "299 - a, 299 - b");
  assert.equal(seen.headers?.toString, undefined);
});

test("an answer that ends in the middle is an error, not an answer", () => {
  for (const cut of [10, 60, CHUNKED.length - 20, CHUNKED.length - 1]) {
    assert.throws(() => read(CHUNKED.slice(0, cut), 1000, true), HttpError);
  }
  assert.throws(() => read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 9, true), HttpError);
});

test("what is no HTTP is refused, and nothing is read without bounds", () => {
  const hostile = [
    "SSH-2.0-OpenSSH\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${"0".repeat(2000)}`,
    `HTTP/1.1 200 OK\r\n${"x".repeat(70_000)}`,
    `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(20_000)}`,
  ];
  for (const answer of hostile)
    for (const size of [997, 100_000])
      assert.throws(() => read(answer, size), HttpError, answer.slice(0, 60));
});

test("nothing of a request can become a second one", () => {
  const good = new TextDecoder().decode(renderRequest("GET", "/api?x=%20", { accept: "*/*" }));
  assert.equal(good, "GET /api?x=%20 HTTP/1.1\r\naccept: */*\r\n\r\n");
  assert.throws(() => renderRequest("GET /x HTTP/1.1\r\n", "/", {}), HttpError);
  assert.throws(() => renderRequest("GET", "/a b", {}), HttpError);
  assert.throws(() => renderRequest("GET", "/a\r\nx: y", {}), HttpError);
  assert.throws(() => renderRequest("GET", "http://elsewhere/", {}), HttpError);
  assert.throws(() => renderRequest("GET", "/", { "a: b\r\nc": "d" }), HttpError);
  assert.throws(() => renderRequest("GET", "/", { a: "b\r\nc: d" }), HttpError);
});
