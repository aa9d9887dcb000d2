/**
 * The Kubernetes API over one small transport: paths, bodies, errors, lists, tables and watches.
 *
 * What carries the bytes (fetch through the gateway, Cockpit's channels, a world in memory) is a
 * Transport's matter; what they mean is decided here, once.
 */
import {
  type Api,
  ApiError,
  type Call,
  type KubeObject,
  type List,
  type ListSelection,
  type PatchKind,
  type Resource,
  type Selection,
  type Stream,
  type Table,
  type TableRow,
  type WatchEvent,
  type WriteOptions,
} from "./api.ts";
import {
  decodeTable,
  decodeWatch,
  decodeWatchRow,
  readStatus,
  readWarnings,
  strip,
} from "./decode.ts";
import { decodeText, readBody, splitLines } from "./lines.ts";
import { addQuery, buildListPath, buildPath, select } from "./path.ts";
import type { Form } from "./shown.ts";

/** What is sent besides the path. */
export interface Sent {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/**
 * Carries bytes to kube-apiserver with the user's own rights. `path` is kube-apiserver's, with the
 * query. What it throws, besides the signal's reason, means that the API cannot be reached.
 */
export interface Transport {
  /** The answer as soon as its head is there. To stop reading its body ends the request. */
  send(path: string, sent: Sent): Promise<Response>;
  stream(path: string, protocols?: readonly string[]): Stream;
  /**
   * For transports that have something better for a watch than a request that does not end: one
   * event each, as the API server wrote it; an empty string once the watch has begun.
   */
  watch?(path: string, form: Form, signal: AbortSignal): AsyncIterable<string>;
}

const JSON_TYPE = "application/json";
export const ACCEPT: Readonly<Record<Form, string>> = {
  list: JSON_TYPE,
  table: "application/json;as=Table;v=v1;g=meta.k8s.io",
};
const PATCH_TYPES: Readonly<Record<PatchKind, string>> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
};
const VERBS = "/apis/subresources.kubevirt.io/";
/** Name of what this page writes, in managedFields. */
const FIELD_MANAGER = "virtpod-web";
const CALL_SECONDS = 30;
/** The server ends a watch after so long: a connection that broke unseen is noticed by then. */
const WATCH_SECONDS = 240;
const WATCH_SPREAD_SECONDS = 60;
const WATCH_GRACE_SECONDS = 20;

export class Rest implements Api {
  readonly #transport: Transport;
  readonly #lost: (why: string) => void;

  /** `lost` is called when the API does not take the user's credentials any more. */
  constructor(transport: Transport, lost: (why: string) => void = () => {}) {
    this.#transport = transport;
    this.#lost = lost;
  }

  async list<T extends KubeObject>(
    resource: Resource,
    selection: ListSelection = {},
    signal?: AbortSignal,
  ): Promise<List<T>> {
    const path = buildListPath(resource, selection);
    const body = (await this.#json({ path, signal })) as {
      items?: T[] | null;
      metadata?: { resourceVersion?: string };
    };
    const { group, version, kind } = resource;
    const apiVersion = group === "" ? version : `${group}/${version}`;
    // Kubernetes' own kinds leave out in a list what each item is
    const items = (body.items ?? []).map((item) => ({ apiVersion, kind, ...strip(item) }));
    return { items, resourceVersion: body.metadata?.resourceVersion ?? "" };
  }

  async table(
    resource: Resource,
    selection: ListSelection = {},
    signal?: AbortSignal,
  ): Promise<Table> {
    const path = buildListPath(resource, selection);
    return decodeTable(await this.#json({ path, accept: ACCEPT.table, signal }));
  }

  watch<T extends KubeObject>(
    resource: Resource,
    selection: Selection & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    return this.#watch(resource, selection, signal, "list", decodeWatch<T>);
  }

  watchTable(
    resource: Resource,
    selection: Selection & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<TableRow & KubeObject>> {
    return this.#watch(resource, selection, signal, "table", decodeWatchRow);
  }

  async *#watch<E extends WatchEvent<KubeObject>>(
    resource: Resource,
    selection: Selection & { resourceVersion: string },
    signal: AbortSignal,
    form: Form,
    decode: (line: string) => E | null,
  ): AsyncGenerator<E | WatchEvent<never>> {
    const { resourceVersion, ...which } = selection;
    const seconds = WATCH_SECONDS + Math.floor(Math.random() * WATCH_SPREAD_SECONDS);
    const query = {
      ...select(which),
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion,
      timeoutSeconds: String(seconds),
    };
    const limit = limitTime(signal, seconds + WATCH_GRACE_SECONDS);
    const path = addQuery(buildPath(resource, selection), query);
    try {
      for await (const line of this.#openWatch(path, form, limit.signal)) {
        const event = line === "" ? ({ type: "BOOKMARK", resourceVersion } as const) : decode(line);
        if (event !== null) yield event;
      }
    } catch (error) {
      throw this.#explain(error, limit.signal);
    } finally {
      limit.end();
    }
  }

  async *#openWatch(path: string, form: Form, signal: AbortSignal): AsyncGenerator<string> {
    if (this.#transport.watch !== undefined) {
      yield* this.#transport.watch(path, form, signal);
      return;
    }
    const answer = await this.#send({ path, accept: ACCEPT[form] }, signal);
    yield "";
    yield* splitLines(readBody(answer, signal));
  }

  async get<T extends KubeObject>(
    resource: Resource,
    name: string,
    options: { namespace?: string; signal?: AbortSignal } = {},
  ): Promise<T> {
    const path = buildPath(resource, options, name);
    return (await this.#json({ path, signal: options.signal })) as T;
  }

  async create<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const where = { namespace: options.namespace ?? object.metadata.namespace };
    const path = buildPath(resource, where, undefined, options.subresource);
    return (await this.#write("POST", path, object, options)) as T;
  }

  async replace<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const where = { namespace: options.namespace ?? object.metadata.namespace };
    const path = buildPath(resource, where, object.metadata.name, options.subresource);
    return (await this.#write("PUT", path, object, options)) as T;
  }

  async patch<T extends KubeObject>(
    resource: Resource,
    name: string,
    patch: unknown,
    options: WriteOptions & { kind?: PatchKind } = {},
  ): Promise<T> {
    const kind = options.kind ?? "merge";
    const path = buildPath(resource, options, name, options.subresource);
    return (await this.#write("PATCH", path, patch, options, PATCH_TYPES[kind])) as T;
  }

  async delete(
    resource: Resource,
    name: string,
    options: WriteOptions & {
      uid?: string;
      propagation?: "Background" | "Foreground" | "Orphan";
    } = {},
  ): Promise<void> {
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: options.propagation ?? "Background",
      ...(options.uid === undefined ? {} : { preconditions: { uid: options.uid } }),
      ...(options.dryRun ? { dryRun: ["All"] } : {}),
    };
    const path = buildPath(resource, options, name, options.subresource);
    await this.#json({ method: "DELETE", path, body, signal: options.signal });
  }

  async call(call: Call): Promise<unknown> {
    return this.#json(call);
  }

  async bytes(call: Call): Promise<Blob> {
    return within(call.signal, async (signal) => {
      const answer = await this.#send({ accept: "*/*", ...call }, signal);
      const parts: BlobPart[] = [];
      for await (const part of readBody(answer, signal))
        parts.push(part as Uint8Array<ArrayBuffer>);
      return new Blob(parts, { type: answer.headers.get("content-type") ?? "" });
    });
  }

  async *text(call: Call): AsyncGenerator<string> {
    const signal = call.signal ?? new AbortController().signal;
    const answer = await this.#send({ accept: "*/*", ...call }, signal);
    try {
      yield* decodeText(readBody(answer, signal));
    } catch (error) {
      throw explain(error, signal);
    }
  }

  stream(path: string, protocols: readonly string[] = []): Stream {
    return this.#transport.stream(path, protocols);
  }

  async #write(
    method: SendMethod,
    path: string,
    body: unknown,
    options: WriteOptions & { kind?: PatchKind },
    type = JSON_TYPE,
  ): Promise<unknown> {
    const query: Record<string, string> = { fieldManager: FIELD_MANAGER };
    if (options.strict) query.fieldValidation = "Strict";
    if (options.dryRun) query.dryRun = "All";
    if (options.kind === "apply") query.force = "true";
    const { signal, onWarning } = options;
    return this.#json({ method, path, query, body, type, signal, onWarning });
  }

  async #json(call: Sending & { signal?: AbortSignal }): Promise<unknown> {
    return within(call.signal, async (signal) => {
      const answer = await this.#send(call, signal);
      const text = await answer.text();
      if (text === "") return undefined;
      try {
        return JSON.parse(text);
      } catch {
        throw new ApiError(answer.status, "the API answered with something that is no JSON");
      }
    });
  }

  async #send(call: Sending, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { accept: call.accept ?? JSON_TYPE };
    if (call.body !== undefined) headers["content-type"] = call.type ?? JSON_TYPE;
    const path = addQuery(call.path, call.query);
    let answer: Response;
    try {
      signal.throwIfAborted();
      answer = await this.#transport.send(path, {
        method: call.method ?? "GET",
        headers,
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        signal,
      });
      if (!answer.ok) throw await readRefusal(answer, path);
    } catch (error) {
      throw this.#explain(error, signal);
    }
    for (const text of readWarnings(answer.headers.get("warning"))) call.onWarning?.(text);
    return answer;
  }

  #explain(error: unknown, signal: AbortSignal): unknown {
    const explained = explain(error, signal);
    if (explained instanceof ApiError && explained.code === 401) this.#lost(explained.message);
    return explained;
  }
}

type SendMethod = NonNullable<Call["method"]> | "PATCH";

interface Sending extends Omit<Call, "method" | "signal"> {
  readonly method?: SendMethod;
  /** Content type of the body. */
  readonly type?: string;
  readonly onWarning?: (text: string) => void;
}

async function readRefusal(answer: Response, path: string): Promise<ApiError> {
  const text = await answer.text();
  const type = answer.headers.get("content-type") ?? "";
  // KubeVirt's API says 401 with plain text where a right is missing, and the session is sound
  const missingRight = answer.status === 401 && path.startsWith(VERBS) && type.startsWith("text/");
  return readStatus(missingRight ? 403 : answer.status, text);
}

/** What a transport throws, as the contract has it: an ApiError, or the signal's reason. */
function explain(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ApiError) return error;
  if (error instanceof RangeError) return new ApiError(0, error.message, "TooMuch");
  return new ApiError(0, "the API cannot be reached", "Unreachable");
}

/** Does one call, with the time that a call has. */
async function within<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = limitTime(signal, CALL_SECONDS);
  try {
    return await work(limit.signal);
  } catch (error) {
    throw explain(error, limit.signal);
  } finally {
    limit.end();
  }
}

/** A signal that fires with the caller's, or with code 0 when the time is over. */
function limitTime(outer: AbortSignal | undefined, seconds: number) {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  const late = new ApiError(0, `no answer within ${seconds} s`, "Timeout");
  const timer = setTimeout(() => controller.abort(late), seconds * 1000);
  if (outer?.aborted) abort();
  else outer?.addEventListener("abort", abort);
  const end = () => {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  };
  return { signal: controller.signal, end };
}
