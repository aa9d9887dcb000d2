/** A websocket over a pipe: RFC 6455's client, with the face of the browser's WebSocket. */
import type { Stream } from "./api.ts";
import type { Ending } from "./cockpit-bridge.ts";
import {
  FrameError,
  FrameReader,
  type Message,
  Opcode,
  renderClose,
  renderFrame,
} from "./cockpit-frame.ts";
import { AnswerReader, type Head, HttpError, renderRequest } from "./cockpit-http.ts";
import type { Pipe } from "./cockpit-pipe.ts";
import { hashSha1 } from "./cockpit-sha1.ts";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;
/** So long the server has for its answer, and for its part of an end. */
const OPEN_SECONDS = 30;
const CLOSE_SECONDS = 5;
/** So much may be on its way: the server's answer to a ping makes room. */
const WINDOW_BYTES = 256 * 1024;
/** So much may wait for room; whoever writes more without reading is cut off. */
const WAITING_BYTES = 16 * 1024 * 1024;
const NO_BYTES = new Uint8Array(0);

export class CockpitSocket implements Stream {
  /** Messages come as ArrayBuffer by default, not as Blob. */
  binaryType: BinaryType = "arraybuffer";
  protocol = "";
  readyState = CONNECTING;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;

  readonly #pipe: Pipe;
  readonly #protocols: readonly string[];
  readonly #key: string;
  readonly #answer = new AnswerReader();
  readonly #frames = new FrameReader();
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes sent since the last ping, and whether that ping was answered. */
  #onTheWay = 0;
  #pinged = false;
  #timer: ReturnType<typeof setTimeout>;
  #ending = { code: 1006, reason: "", wasClean: false };

  constructor(pipe: Pipe, path: string, protocols: readonly string[]) {
    this.#pipe = pipe;
    this.#protocols = protocols;
    this.#key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    this.#timer = this.#limit(OPEN_SECONDS, "the server did not answer");
    pipe.onData = (bytes) => this.#guard(() => this.#hear(bytes));
    pipe.onEnd = (ending) => this.#end(ending);
    // as the browser's: whoever made it can listen before anything happens
    pipe.send(renderRequest("GET", path, this.#headers()));
  }

  send(data: string | ArrayBufferLike | ArrayBufferView): void {
    if (this.readyState === CONNECTING)
      throw new DOMException("the websocket is not open yet", "InvalidStateError");
    if (this.readyState !== OPEN) return;
    const isText = typeof data === "string";
    const payload = isText ? new TextEncoder().encode(data) : viewBytes(data);
    this.#queue(frame(isText ? Opcode.TEXT : Opcode.BINARY, payload));
  }

  close(code = 1000, reason = ""): void {
    if (this.readyState >= CLOSING) return;
    if (this.readyState === CONNECTING) {
      queueMicrotask(() => this.#drop(1006, "closed before it was open"));
      return;
    }
    this.#sayClose(code, reason);
  }

  #headers(): Record<string, string> {
    return {
      host: "localhost",
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": this.#key,
      ...(this.#protocols.length === 0
        ? {}
        : { "sec-websocket-protocol": this.#protocols.join(", ") }),
    };
  }

  #hear(bytes: Uint8Array): void {
    let frames = bytes;
    if (this.readyState === CONNECTING) {
      for (const part of this.#answer.feed(bytes)) if (part.type === "head") this.#open(part.head);
      if (this.readyState === (CONNECTING as number)) return;
      frames = this.#answer.takeRest();
    }
    for (const message of this.#frames.feed(frames)) {
      if (this.readyState === CLOSED) return;
      this.#take(message);
    }
  }

  #open({ status, headers }: Head): void {
    if (status !== 101) throw new HttpError(`the server answered ${status}`);
    const words = (headers.connection ?? "").toLowerCase().split(/\s*,\s*/);
    if (headers.upgrade?.toLowerCase() !== "websocket" || !words.includes("upgrade"))
      throw new HttpError("the server did not agree on a websocket");
    if (headers["sec-websocket-accept"] !== hashSha1(this.#key + GUID))
      throw new HttpError("the server answered to somebody else");
    if (headers["sec-websocket-extensions"])
      throw new HttpError("the server uses an extension that nobody asked for");
    const protocol = headers["sec-websocket-protocol"] ?? "";
    if (protocol !== "" && !this.#protocols.includes(protocol))
      throw new HttpError("the server speaks another protocol");
    clearTimeout(this.#timer);
    this.protocol = protocol;
    this.readyState = OPEN;
    this.onopen?.(new Event("open"));
  }

  #take(message: Message): void {
    switch (message.type) {
      case "ping":
        // answered before anything that waits for room, or two full sides would wait for each other
        if (this.readyState === OPEN) this.#pipe.send(frame(Opcode.PONG, message.bytes));
        return;
      case "pong":
        this.#makeRoom();
        return;
      case "close":
        this.#hearClose(message.code, message.reason);
        return;
      default:
        if (this.readyState === OPEN)
          this.onmessage?.(new MessageEvent("message", this.#wrap(message)));
    }
  }

  #wrap(message: Message & { type: "text" | "binary" }): { data: unknown } {
    if (message.type === "text") return { data: message.text };
    const { buffer } = message.bytes;
    return { data: this.binaryType === "blob" ? new Blob([buffer]) : buffer };
  }

  #queue(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#flush();
    if (this.#waitingBytes > WAITING_BYTES) this.#fail(1009, "the server takes nothing any more");
  }

  /** Sends what there is room for. A full window is followed by a ping: its answer makes room. */
  #flush(): void {
    while (this.#onTheWay < WINDOW_BYTES) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#waitingBytes -= next.length;
      this.#onTheWay += next.length;
      this.#pipe.send(next);
    }
    if (this.#pinged) return;
    this.#pinged = true;
    this.#pipe.send(frame(Opcode.PING, NO_BYTES));
  }

  #makeRoom(): void {
    if (!this.#pinged) return;
    this.#pinged = false;
    this.#onTheWay = 0;
    this.#flush();
  }

  /** Says that it is over, behind all that was sent; the server's answer is the end. */
  #sayClose(code: number, reason: string): void {
    this.readyState = CLOSING;
    this.#ending = { code, reason, wasClean: false };
    this.#timer = this.#limit(CLOSE_SECONDS, "the server did not say that it is over");
    for (const bytes of this.#waiting.splice(0)) this.#pipe.send(bytes);
    this.#pipe.send(frame(Opcode.CLOSE, renderClose(code, reason)));
  }

  #hearClose(code: number, reason: string): void {
    if (this.readyState === OPEN) {
      const payload = code === 1005 ? NO_BYTES : renderClose(code, "");
      this.#pipe.send(frame(Opcode.CLOSE, payload));
    }
    this.#ending = { code, reason, wasClean: true };
    this.#finish();
  }

  /** The server broke the rules, or its limits: tell it, and go. */
  #fail(code: number, reason: string): void {
    if (this.readyState === OPEN) this.#pipe.send(frame(Opcode.CLOSE, renderClose(code, reason)));
    this.#drop(code, reason);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof FrameError) this.#fail(error.code, error.message);
      else if (error instanceof HttpError) this.#drop(1006, error.message);
      else throw error;
    }
  }

  #end(ending: Ending): void {
    if (this.readyState === CLOSED) return;
    const why = ending.message || ending.problem || "the connection ended";
    this.#drop(1006, why);
  }

  #drop(code: number, reason: string): void {
    if (this.readyState === CLOSED) return;
    this.#ending = { code, reason, wasClean: false };
    this.onerror?.(new Event("error"));
    this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#timer);
    this.readyState = CLOSED;
    this.#waiting.length = 0;
    this.#pipe.close();
    this.onclose?.(new CloseEvent("close", this.#ending));
  }

  #limit(seconds: number, reason: string): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#drop(1006, reason), seconds * 1000);
  }
}

function frame(opcode: number, payload: Uint8Array): Uint8Array {
  return renderFrame(opcode, payload, crypto.getRandomValues(new Uint8Array(4)));
}

function viewBytes(data: ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
