/** Frames of RFC 6455 as a client writes and reads them. Pure. */
import { ByteQueue } from "./cockpit-bytes.ts";

/** The largest message that is taken; noVNC's and the console's are far smaller. */
export const MESSAGE_LIMIT = 16 * 1024 * 1024;

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;
const CONTROL_LIMIT = 125;
const DATA_OPCODES: ReadonlySet<number> = new Set([0, 1, 2]);
const CONTROL_OPCODES: ReadonlySet<number> = new Set([8, 9, 10]);

/** What the server must not have sent; `code` is that of the close frame which says so. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export type Message =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "binary"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "ping" | "pong"; readonly bytes: Uint8Array }
  | { readonly type: "close"; readonly code: number; readonly reason: string };

/** One frame that is a whole message, masked as a client has to. */
export function renderFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Uint8Array {
  const extra = payload.length < 126 ? 0 : payload.length < 65536 ? 2 : 8;
  const frame = new Uint8Array(6 + extra + payload.length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extra === 0 ? payload.length : extra === 2 ? 126 : 127);
  if (extra === 2) view.setUint16(2, payload.length);
  if (extra === 8) view.setBigUint64(2, BigInt(payload.length));
  frame.set(mask.subarray(0, 4), 2 + extra);
  const start = 6 + extra;
  for (let at = 0; at < payload.length; at++)
    frame[start + at] = (payload[at] as number) ^ (mask[at & 3] as number);
  return frame;
}

/** The payload of a close frame; a reason that is too long is cut. */
export function renderClose(code: number, reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason).subarray(0, CONTROL_LIMIT - 2);
  const payload = new Uint8Array(2 + text.length);
  new DataView(payload.buffer).setUint16(0, code);
  payload.set(text, 2);
  return payload;
}

interface FrameHead {
  readonly final: boolean;
  readonly opcode: number;
  readonly length: number;
}

/** Reads a server's frames and puts messages together; throws FrameError at hostile ones. */
export class FrameReader {
  readonly #queue = new ByteQueue();
  readonly #limit: number;
  #head: FrameHead | null = null;
  #opcode = 0;
  #fragments: Uint8Array[] = [];
  #size = 0;

  constructor(limit = MESSAGE_LIMIT) {
    this.#limit = limit;
  }

  *feed(bytes: Uint8Array): Generator<Message> {
    this.#queue.push(bytes);
    for (;;) {
      this.#head ??= this.#readHead();
      if (this.#head === null || this.#queue.length < this.#head.length) return;
      const head = this.#head;
      this.#head = null;
      const message = this.#readFrame(head, this.#queue.take(head.length));
      if (message !== null) yield message;
    }
  }

  #readHead(): FrameHead | null {
    const [first, second] = [this.#queue.at(0), this.#queue.at(1)];
    if (first === undefined || second === undefined) return null;
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) throw new FrameError(1002, "a frame uses what was not agreed on");
    if ((second & 0x80) !== 0) throw new FrameError(1002, "a frame of the server is masked");
    const final = (first & 0x80) !== 0;
    this.#judge(opcode, final, second & 0x7f);
    const extra = second === 126 ? 2 : second === 127 ? 8 : 0;
    if (this.#queue.length < 2 + extra) return null;
    const taken = this.#queue.take(2 + extra);
    const length = readLength(taken, extra);
    if (length + this.#size > this.#limit) throw new FrameError(1009, "a message is too large");
    return { final, opcode, length };
  }

  #judge(opcode: number, final: boolean, length: number): void {
    if (CONTROL_OPCODES.has(opcode)) {
      if (!final || length > CONTROL_LIMIT)
        throw new FrameError(1002, "a control frame is too long or in parts");
    } else if (!DATA_OPCODES.has(opcode)) {
      throw new FrameError(1002, "a frame is of an unknown kind");
    } else if ((opcode === Opcode.CONTINUATION) !== (this.#opcode !== 0)) {
      throw new FrameError(1002, "the parts of a message are out of order");
    }
  }

  #readFrame({ opcode, final }: FrameHead, payload: Uint8Array): Message | null {
    switch (opcode) {
      case Opcode.PING:
        return { type: "ping", bytes: payload };
      case Opcode.PONG:
        return { type: "pong", bytes: payload };
      case Opcode.CLOSE:
        return readClose(payload);
    }
    if (opcode !== Opcode.CONTINUATION) this.#opcode = opcode;
    if (payload.length > 0) this.#fragments.push(payload);
    this.#size += payload.length;
    return final ? this.#endMessage() : null;
  }

  #endMessage(): Message {
    const bytes = new Uint8Array(this.#size);
    let filled = 0;
    for (const fragment of this.#fragments) {
      bytes.set(fragment, filled);
      filled += fragment.length;
    }
    const isText = this.#opcode === Opcode.TEXT;
    [this.#opcode, this.#fragments, this.#size] = [0, [], 0];
    return isText ? { type: "text", text: readText(bytes) } : { type: "binary", bytes };
  }
}

function readLength(head: Uint8Array, extra: number): number {
  if (extra === 0) return head[1] as number;
  const view = new DataView(head.buffer, head.byteOffset);
  const length = extra === 2 ? view.getUint16(2) : Number(view.getBigUint64(2));
  const least = extra === 2 ? 126 : 65536;
  if (length < least) throw new FrameError(1002, "a length is written longer than it has to be");
  return length;
}

function readClose(payload: Uint8Array): Message {
  if (payload.length === 0) return { type: "close", code: 1005, reason: "" };
  if (payload.length === 1) throw new FrameError(1002, "a close frame has half a code");
  const code = ((payload[0] as number) << 8) | (payload[1] as number);
  const known =
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || code >= 3000;
  if (!known || code > 4999) throw new FrameError(1002, "a close frame has no such code");
  return { type: "close", code, reason: readText(payload.subarray(2)) };
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FrameError(1007, "a text is no UTF-8");
  }
}
