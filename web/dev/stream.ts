/** One end of a websocket in memory; the other is a page. */
import type { Stream } from "../src/data/api.ts";

const PROTOCOL = "plain.kubevirt.io";
const OPENING_MS = 50;

/** Who serves a stream: gets what the page sends. */
export interface Guest {
  start(send: (bytes: Uint8Array) => void): void;
  receive(bytes: Uint8Array): void;
  stop(): void;
}

export class MemoryStream implements Stream {
  binaryType: BinaryType = "blob";
  readonly protocol = PROTOCOL;
  readyState: number = WebSocket.CONNECTING;
  onopen: Stream["onopen"] = null;
  onmessage: Stream["onmessage"] = null;
  onerror: Stream["onerror"] = null;
  onclose: Stream["onclose"] = null;
  readonly #guest: Guest | null;
  readonly #gone: () => void;

  /** @param guest null refuses the upgrade @param gone called when it has ended */
  constructor(guest: Guest | null, gone: () => void = () => {}) {
    this.#guest = guest;
    this.#gone = gone;
    setTimeout(() => this.#open(), OPENING_MS);
  }

  send(data: string | BufferSource): void {
    if (this.readyState !== WebSocket.OPEN) return;
    this.#guest?.receive(readBytes(data));
  }

  close(code = 1005, reason = ""): void {
    this.end(code, reason);
  }

  /** The server's end: how it closes. */
  end(code: number, reason = ""): void {
    if (this.readyState === WebSocket.CLOSED) return;
    this.readyState = WebSocket.CLOSED;
    this.#guest?.stop();
    this.#gone();
    const init = { code, reason, wasClean: code !== 1006 };
    queueMicrotask(() => this.onclose?.(new CloseEvent("close", init)));
  }

  #open(): void {
    if (this.readyState !== WebSocket.CONNECTING) return;
    if (this.#guest === null) {
      this.onerror?.(new Event("error"));
      this.end(1006);
      return;
    }
    this.readyState = WebSocket.OPEN;
    this.onopen?.(new Event("open"));
    this.#guest.start((bytes) => this.#deliver(bytes));
  }

  #deliver(bytes: Uint8Array): void {
    setTimeout(() => {
      if (this.readyState !== WebSocket.OPEN) return;
      this.onmessage?.(new MessageEvent("message", { data: bytes.slice().buffer }));
    });
  }
}

function readBytes(data: string | BufferSource): Uint8Array {
  if (typeof data === "string") return new TextEncoder().encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice();
}
