/** Requests and websockets over pipes to a socket that speaks for kube-apiserver. */
import { ApiError, type Stream } from "./api.ts";
import type { Ending } from "./cockpit-bridge.ts";
import { AnswerReader, type Head, HttpError, type Part, renderRequest } from "./cockpit-http.ts";
import type { Pipe } from "./cockpit-pipe.ts";
import { CockpitSocket } from "./cockpit-socket.ts";
import type { Sent, Transport } from "./rest.ts";

/** So much of an answer may wait for the page to read it, in bytes. */
const UNREAD_LIMIT = 64 * 1024 * 1024;

export class CockpitTransport implements Transport {
  readonly #open: () => Pipe;

  constructor(open: () => Pipe) {
    this.#open = open;
  }

  async send(path: string, sent: Sent): Promise<Response> {
    sent.signal.throwIfAborted();
    const exchange = new Exchange(this.#open(), sent.signal);
    exchange.ask(path, sent);
    const { head } = await exchange.readHead();
    if (isOfProxy(head)) throw new ApiError(0, await exchange.readText());
    return exchange.buildResponse(head);
  }

  stream(path: string, protocols: readonly string[] = []): Stream {
    return new CockpitSocket(this.#open(), path, protocols);
  }
}

/** Whether an error is told by who carries requests: kube-apiserver's all have an audit id. */
function isOfProxy({ status, headers }: Head): boolean {
  return status >= 500 && headers["audit-id"] === undefined;
}

/** One request and its answer, on a connection of their own. */
class Exchange {
  readonly #pipe: Pipe;
  readonly #signal: AbortSignal;
  readonly #reader = new AnswerReader();
  readonly #parts: Part[] = [];
  #unread = 0;
  #failure: unknown = null;
  #wake: () => void = () => {};

  constructor(pipe: Pipe, signal: AbortSignal) {
    this.#pipe = pipe;
    this.#signal = signal;
    pipe.onData = (bytes) => this.#guard(() => this.#hear(bytes));
    pipe.onEnd = (ending) => this.#guard(() => this.#hearEnd(ending));
    signal.addEventListener("abort", this.#abort);
  }

  readonly #abort = () => {
    this.#parts.length = 0;
    this.#fail(this.#signal.reason);
  };

  ask(path: string, { method, headers, body }: Sent): void {
    const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
    const own: Record<string, string> = { host: "localhost", connection: "close" };
    if (bytes !== undefined) own["content-length"] = String(bytes.length);
    this.#pipe.send(renderRequest(method, path, { ...headers, ...own }));
    if (bytes !== undefined) this.#pipe.send(bytes);
  }

  /** The next part, once it is there; null behind the last one. */
  async next(): Promise<Part | null> {
    for (;;) {
      const part = this.#parts.shift();
      if (part !== undefined) {
        if (part.type === "data") this.#unread -= part.bytes.length;
        if (part.type !== "end") return part;
        this.close();
        return null;
      }
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async readHead(): Promise<Part & { type: "head" }> {
    const first = await this.next();
    if (first?.type !== "head") throw new ApiError(0, "the answer has no head");
    return first;
  }

  buildResponse({ status, headers }: Head): Response {
    if (status === 204 || status === 205 || status === 304) {
      this.close();
      return new Response(null, { status, headers });
    }
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const part = await this.next();
      if (part === null) controller.close();
      else if (part.type === "data") controller.enqueue(part.bytes);
    };
    const body = new ReadableStream<Uint8Array>({ pull, cancel: () => this.close() });
    return new Response(body as BodyInit, { status, headers });
  }

  async readText(): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    for (let part = await this.next(); part !== null; part = await this.next())
      if (part.type === "data") text += decoder.decode(part.bytes, { stream: true });
    return text.trim();
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#pipe.close();
  }

  #hear(bytes: Uint8Array): void {
    for (const part of this.#reader.feed(bytes)) this.#add(part);
    if (this.#unread > UNREAD_LIMIT) throw new HttpError("the answer is longer than what is read");
  }

  #hearEnd({ problem, message }: Ending): void {
    if (problem) throw new HttpError(message || problem);
    for (const part of this.#reader.finish()) this.#add(part);
  }

  #add(part: Part): void {
    if (part.type === "data") this.#unread += part.bytes.length;
    this.#parts.push(part);
    this.#wake();
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error instanceof HttpError ? new ApiError(0, error.message) : error);
    }
  }

  #fail(why: unknown): void {
    this.#failure ??= why ?? new ApiError(0, "the request failed");
    this.close();
    this.#wake();
  }
}
