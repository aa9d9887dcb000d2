/** A channel of Cockpit's that ends in the test, and what a server says on it. */
import { createHash } from "node:crypto";
import type { Channel, Cockpit, Ending } from "../../src/data/cockpit-bridge.ts";

export class FakeChannel implements Channel {
  readonly sent: Uint8Array[] = [];
  closed = false;
  #heardMessage: (event: unknown, data: Uint8Array) => void = () => {};
  #heardClose: (event: unknown, ending: Ending) => void = () => {};

  send(data: string | Uint8Array): void {
    if (this.closed) throw new Error("the channel is closed");
    this.sent.push(typeof data === "string" ? encode(data) : data);
  }

  close(): void {
    this.closed = true;
  }

  addEventListener(
    type: "message" | "close",
    heard: ((event: unknown, data: Uint8Array) => void) & ((event: unknown, e: Ending) => void),
  ): void {
    if (type === "message") this.#heardMessage = heard;
    else this.#heardClose = heard;
  }

  /** The server says this. */
  say(data: string | Uint8Array): void {
    this.#heardMessage(null, typeof data === "string" ? encode(data) : data);
  }

  /** The connection ends. */
  end(ending: Ending = {}): void {
    this.closed = true;
    this.#heardClose(null, ending);
  }

  /** All that was sent, as latin-1. */
  get text(): string {
    return this.sent.map((each) => Buffer.from(each).toString("latin1")).join("");
  }
}

export class FakeCockpit {
  readonly channels: FakeChannel[] = [];
  readonly opened: object[] = [];

  get cockpit(): Cockpit {
    return {
      channel: (options) => {
        this.opened.push(options);
        const made = new FakeChannel();
        this.channels.push(made);
        return made;
      },
      spawn: () => {
        throw new Error("nothing is to be started here");
      },
    };
  }

  get last(): FakeChannel {
    const channel = this.channels.at(-1);
    if (channel === undefined) throw new Error("no channel was opened");
    return channel;
  }
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The server's half of a handshake, for what the client has sent. */
export function acceptHandshake(request: string, extra = ""): string {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1] ?? "";
  const accept = createHash("sha1")
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  return (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n${extra}\r\n`
  );
}

/** A server's frame: not masked. */
export function serverFrame(
  opcode: number,
  payload: Uint8Array | string,
  final = true,
): Uint8Array {
  const body = typeof payload === "string" ? encode(payload) : payload;
  const first = (final ? 0x80 : 0) | opcode;
  if (body.length < 126) return Uint8Array.of(first, body.length, ...body);
  const head = Buffer.alloc(body.length < 65536 ? 4 : 10);
  head[0] = first;
  head[1] = body.length < 65536 ? 126 : 127;
  if (body.length < 65536) head.writeUInt16BE(body.length, 2);
  else head.writeBigUInt64BE(BigInt(body.length), 2);
  return new Uint8Array(Buffer.concat([head, body]));
}

export interface ClientFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A client's frames, taken apart as a server does; fails on one that is not masked. */
export function readClientFrames(bytes: Uint8Array): ClientFrame[] {
  const data = Buffer.from(bytes);
  const frames: ClientFrame[] = [];
  for (let at = 0; at < data.length; ) {
    const [first, second] = [data.readUInt8(at), data.readUInt8(at + 1)];
    if ((second & 0x80) === 0) throw new Error("a client's frame is not masked");
    let [length, head] = [second & 0x7f, 2];
    if (length === 126) [length, head] = [data.readUInt16BE(at + 2), 4];
    else if (length === 127) [length, head] = [Number(data.readBigUInt64BE(at + 2)), 10];
    const mask = data.subarray(at + head, at + head + 4);
    const payload = Buffer.from(data.subarray(at + head + 4, at + head + 4 + length));
    for (const [place, byte] of payload.entries())
      payload[place] = byte ^ mask.readUInt8(place & 3);
    frames.push({ opcode: first & 0x0f, payload });
    at += head + 4 + length;
  }
  return frames;
}
