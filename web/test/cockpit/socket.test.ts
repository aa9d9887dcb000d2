import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { openPipe } from "../../src/data/cockpit-pipe.ts";
import { CockpitSocket } from "../../src/data/cockpit-socket.ts";
import { acceptHandshake, FakeCockpit, readClientFrames, serverFrame } from "./fake.ts";

function open(protocols: string[] = []) {
  const fake = new FakeCockpit();
  const socket = new CockpitSocket(openPipe(fake.cockpit, "/run/api"), "/apis/x", protocols);
  const seen: (string | number)[] = [];
  const data: unknown[] = [];
  socket.onopen = () => seen.push("open");
  socket.onmessage = (event) => data.push(event.data);
  socket.onerror = () => seen.push("error");
  socket.onclose = ({ code, reason, wasClean }) =>
    seen.push(`close ${code}${wasClean ? " clean" : ""}`, reason);
  return { channel: fake.last, socket, seen, data, options: fake.opened[0] };
}

/** Opens it, and forgets what was said until then. */
function opened() {
  const made = open();
  made.channel.say(acceptHandshake(made.channel.text));
  made.channel.sent.length = 0;
  made.seen.length = 0;
  return made;
}

function framesOf({ channel }: { channel: { sent: Uint8Array[] } }) {
  return readClientFrames(Buffer.concat(channel.sent));
}

test("it asks as a websocket does, on the user's socket, and opens", () => {
  const { channel, socket, seen, options } = open(["plain.kubevirt.io", "other"]);
  assert.deepEqual(options, { payload: "stream", unix: "/run/api", binary: true });
  assert.match(channel.text, /^GET \/apis\/x HTTP\/1\.1\r\n/);
  assert.match(channel.text, /sec-websocket-version: 13\r\n/);
  assert.match(channel.text, /sec-websocket-protocol: plain\.kubevirt\.io, other\r\n/);
  assert.equal(socket.readyState, 0);
  assert.throws(() => socket.send("too early"), { name: "InvalidStateError" });
  channel.say(acceptHandshake(channel.text, "Sec-WebSocket-Protocol: plain.kubevirt.io\r\n"));
  assert.equal(socket.readyState, 1);
  assert.equal(socket.protocol, "plain.kubevirt.io");
  assert.deepEqual(seen, ["open"]);
  socket.close();
  channel.say(serverFrame(8, Buffer.from([3, 232])));
});

test("no other answer than the one to its own key opens it", () => {
  const answers: ((request: string) => string)[] = [
    () => acceptHandshake("sec-websocket-key: somebody else's\r\n"),
    () => "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
    (asked) => acceptHandshake(asked, "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
    (asked) => acceptHandshake(asked, "Sec-WebSocket-Protocol: unasked\r\n"),
    (asked) => acceptHandshake(asked).replace("Upgrade: WebSocket", "Upgrade: h2c"),
    (asked) => acceptHandshake(asked).replace("keep-alive, Upgrade", "close"),
    () => "hello",
  ];
  for (const [at, answer] of answers.entries()) {
    const { channel, socket, seen } = open();
    channel.say(answer(channel.text));
    if (at === answers.length - 1) channel.end();
    assert.deepEqual(seen.slice(0, 2), ["error", "close 1006"], `answer ${at}`);
    assert.equal(socket.readyState, 3);
    assert.ok(channel.closed);
  }
});

test("messages go both ways, also those that come with the handshake", () => {
  const { channel, socket, data } = open();
  const first = serverFrame(2, "boot");
  channel.say(Buffer.concat([Buffer.from(acceptHandshake(channel.text)), first.subarray(0, 3)]));
  channel.say(Buffer.concat([first.subarray(3), serverFrame(1, "text")]));
  assert.deepEqual([Buffer.from(data[0] as ArrayBuffer).toString(), data[1]], ["boot", "text"]);
  channel.sent.length = 0;
  socket.send("ls\n");
  socket.send(Uint8Array.of(1, 2, 3).subarray(1));
  socket.send(Uint8Array.of(9).buffer);
  assert.deepEqual(
    framesOf({ channel }).map(({ opcode, payload }) => [opcode, payload.toString("hex")]),
    [
      [1, "6c730a"],
      [2, "0203"],
      [2, "09"],
    ],
  );
});

test("it answers pings with what they said", () => {
  const made = opened();
  made.channel.say(serverFrame(9, "42"));
  assert.deepEqual(framesOf(made), [{ opcode: 10, payload: Buffer.from("42") }]);
});

test("what is on its way is bounded: a ping's answer makes room for more", () => {
  const made = opened();
  const block = new Uint8Array(100 * 1024);
  for (let count = 0; count < 6; count++) made.socket.send(block);
  const kinds = () => framesOf(made).map(({ opcode }) => opcode);
  assert.deepEqual(kinds(), [2, 2, 2, 9], "256 KiB and what crosses it, then a ping");
  made.channel.say(serverFrame(10, ""));
  assert.deepEqual(kinds(), [2, 2, 2, 9, 2, 2, 2, 9]);
  for (let count = 0; count < 200; count++) made.socket.send(block);
  assert.equal(made.socket.readyState, 3, "a server that takes nothing is left");
  assert.equal(made.seen[1], "close 1009");
});

test("an end is said, answered and clean, and keeps what was sent before", () => {
  const made = opened();
  made.socket.send("bye");
  made.socket.close(4000, "window closed");
  made.socket.send("not any more");
  const [text, close] = framesOf(made);
  assert.equal(text?.payload.toString(), "bye");
  assert.deepEqual([close?.opcode, close?.payload.readUInt16BE(0)], [8, 4000]);
  assert.equal(framesOf(made).length, 2);
  made.channel.say(serverFrame(8, Buffer.from([0x0f, 0xa0])));
  assert.deepEqual(made.seen, ["close 4000 clean", ""]);
  assert.ok(made.channel.closed);
});

test("the server's end is answered, and its words are passed on", () => {
  const made = opened();
  made.channel.say(serverFrame(8, Buffer.concat([Buffer.from([0x03, 0xf3]), Buffer.from("busy")])));
  assert.deepEqual(framesOf(made)[0]?.opcode, 8);
  assert.deepEqual(made.seen, ["close 1011 clean", "busy"]);
});

test("a server that breaks the rules is told so and left", () => {
  const made = opened();
  made.channel.say(Uint8Array.of(0x83, 0));
  assert.equal(framesOf(made)[0]?.payload.readUInt16BE(0), 1002);
  assert.deepEqual(made.seen.slice(0, 2), ["error", "close 1002"]);
});

test("a lost bridge ends it, with the reason", () => {
  const made = opened();
  made.channel.end({ problem: "disconnected" });
  assert.deepEqual(made.seen, ["error", "close 1006", "disconnected"]);
});

test("a server that does not answer is not waited for without end", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const silent = open();
    mock.timers.tick(30_000);
    assert.deepEqual(silent.seen.slice(0, 2), ["error", "close 1006"]);
    const made = opened();
    made.socket.close();
    mock.timers.tick(5_000);
    assert.deepEqual(made.seen.slice(0, 2), ["error", "close 1006"]);
  } finally {
    mock.timers.reset();
  }
});

test("noVNC takes it: all that it looks for is its own or its class's", () => {
  const { socket } = open();
  const own = [...Object.keys(socket), ...Object.getOwnPropertyNames(CockpitSocket.prototype)];
  for (const name of "send close binaryType onerror onmessage onopen protocol readyState".split(
    " ",
  ))
    assert.ok(own.includes(name), name);
  socket.close();
});
