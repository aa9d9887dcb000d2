/**
 * HTTP/1.1 as a client speaks it on one connection: the request's bytes, and a reader of the
 * answer. Pure; what carries the bytes is cockpit-transport.ts's matter.
 *
 * Why not Cockpit's own http-stream2 channel: its bridge since 2023 reads each answer in a thread
 * of a pool of a few, and gives the thread back only when the answer has ended. Some watches would
 * take them all, and a watch that was given up would keep its one.
 */
import { ByteQueue } from "./cockpit-bytes.ts";

/** The most of a head, and of the trailers behind a chunked body, in bytes. */
export const HEAD_LIMIT = 64 * 1024;
const SIZE_LIMIT = 1024;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The server does not speak HTTP, or ended in the middle. */
export class HttpError extends Error {
  override readonly name = "HttpError";
}

export interface Head {
  readonly status: number;
  /** Names in lower case; a name that comes twice has its values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
}

export type Part =
  | { readonly type: "head"; readonly head: Head }
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "end" };

/** The head of a request, with its empty line. Throws HttpError at what would not be one line. */
export function renderRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Uint8Array {
  if (!TOKEN.test(method)) throw new HttpError("the method is none");
  if (!/^\/[!-~]*$/.test(path)) throw new HttpError("the path has to be encoded");
  const lines = [`${method} ${path} HTTP/1.1`];
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name) || !/^[\t -~]*$/.test(value)) throw new HttpError("a header is none");
    lines.push(`${name}: ${value}`);
  }
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}

type State = "head" | "length" | "size" | "chunk" | "chunkEnd" | "trailer" | "rest" | "done";

/** Reads one answer; feed it whatever arrives, then say when the connection has ended. */
export class AnswerReader {
  readonly #queue = new ByteQueue();
  #state: State = "head";
  #lines: string[] = [];
  #headBytes = 0;
  #left = 0;

  /** Whether the answer is complete. */
  get done(): boolean {
    return this.#state === "done";
  }

  /** What came behind the answer: after status 101 the bytes of the other protocol. */
  takeRest(): Uint8Array {
    return this.#queue.take(this.#queue.length);
  }

  /** The parts of the answer that these bytes complete. */
  *feed(bytes: Uint8Array): Generator<Part> {
    this.#queue.push(bytes);
    for (;;) {
      const part = this.#step();
      if (part === "more") return;
      if (part !== null) yield part;
    }
  }

  /** The connection has ended; throws HttpError unless the answer may end so. */
  finish(): Part[] {
    if (this.#state === "done") return [];
    if (this.#state !== "rest") throw new HttpError("the connection ended in the middle");
    this.#state = "done";
    return [{ type: "end" }];
  }

  #step(): Part | "more" | null {
    switch (this.#state) {
      case "head":
        return this.#readHeadLine();
      case "length":
      case "chunk":
        return this.#readCounted();
      case "size":
        return this.#readSize();
      case "chunkEnd":
        return this.#readChunkEnd();
      case "trailer":
        return this.#readTrailer();
      case "rest": {
        const some = this.#queue.takeSome(Number.POSITIVE_INFINITY);
        return some.length === 0 ? "more" : { type: "data", bytes: some };
      }
      case "done":
        return "more";
    }
  }

  #readLine(limit: number): string | null {
    const end = this.#queue.findLine(limit);
    if (end < 0) {
      if (this.#queue.length >= limit) throw new HttpError("a line is too long");
      return null;
    }
    this.#headBytes += end + 1;
    if (this.#headBytes > HEAD_LIMIT) throw new HttpError("the head is too long");
    const line = this.#queue.take(end + 1);
    // as latin-1: headers may have any bytes
    return String.fromCharCode(...line.subarray(0, line.at(-2) === 13 ? -2 : -1));
  }

  #readHeadLine(): Part | "more" | null {
    const line = this.#readLine(HEAD_LIMIT);
    if (line === null) return "more";
    if (line !== "") {
      this.#lines.push(line);
      return null;
    }
    const head = parseHead(this.#lines);
    this.#lines = [];
    this.#headBytes = 0;
    if (head.status < 200 && head.status !== 101) return null; // 100 Continue: the answer follows
    this.#startBody(head);
    return { type: "head", head };
  }

  #startBody({ status, headers }: Head): void {
    const length = headers["content-length"];
    if (status === 101) this.#state = "done";
    else if (status === 204 || status === 304) this.#startCounted(0);
    else if (headers["transfer-encoding"] !== undefined) {
      if (headers["transfer-encoding"].toLowerCase() !== "chunked")
        throw new HttpError("the body is encoded in an unknown way");
      this.#state = "size";
    } else if (length === undefined) this.#state = "rest";
    else if (/^\d{1,15}$/.test(length)) this.#startCounted(Number(length));
    else throw new HttpError("the length of the body is no number");
  }

  #startCounted(length: number): void {
    this.#state = "length";
    this.#left = length;
  }

  #readCounted(): Part | "more" | null {
    if (this.#left === 0) {
      if (this.#state === "chunk") {
        this.#state = "chunkEnd";
        return null;
      }
      this.#state = "done";
      return { type: "end" };
    }
    const some = this.#queue.takeSome(this.#left);
    if (some.length === 0) return "more";
    this.#left -= some.length;
    return { type: "data", bytes: some };
  }

  #readSize(): "more" | null {
    const line = this.#readLine(SIZE_LIMIT);
    if (line === null) return "more";
    this.#headBytes = 0;
    const size = /^([0-9a-fA-F]{1,12})[\t ]*(?:;.*)?$/.exec(line);
    if (size === null) throw new HttpError("the size of a chunk is no number");
    this.#left = Number.parseInt(size[1] as string, 16);
    this.#state = this.#left === 0 ? "trailer" : "chunk";
    return null;
  }

  #readChunkEnd(): "more" | null {
    const line = this.#readLine(2);
    if (line === null) return "more";
    if (line !== "") throw new HttpError("a chunk is longer than it says");
    this.#headBytes = 0;
    this.#state = "size";
    return null;
  }

  #readTrailer(): Part | "more" | null {
    const line = this.#readLine(HEAD_LIMIT);
    if (line === null) return "more";
    if (line !== "") return null;
    this.#state = "done";
    return { type: "end" };
  }
}

function parseHead(lines: readonly string[]): Head {
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(lines[0] ?? "");
  if (status === null) throw new HttpError("the answer is no HTTP");
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!TOKEN.test(name)) throw new HttpError("a header has no name");
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { status: Number(status[1]), headers };
}
