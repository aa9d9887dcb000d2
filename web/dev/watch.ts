/** Watches of the world: one line of JSON for each change, as an API server writes them. */
import type { KubeObject } from "../src/data/api.ts";
import { Refused, renderStatus } from "./refusal.ts";
import type { Change, Json, Store } from "./store.ts";
import { renderTable } from "./table.ts";

export interface Watched {
  readonly kind: string;
  readonly test: (object: KubeObject) => boolean;
  readonly table: boolean;
  readonly since: number;
}

const BOOKMARK_EVERY = 30_000;

/** Goes on until it is read no more; `breaks` gets what cuts it off. */
export function openWatch(
  store: Store,
  watched: Watched,
  breaks: Set<() => void>,
  signal: AbortSignal,
): Response {
  const stops: (() => void)[] = [];
  const stop = () => {
    for (const each of stops.splice(0)) each();
  };
  const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const writer = new Writer(store, watched, controller);
    if (!writer.writeMissed()) return;
    const fail = (reason: unknown) => {
      stop();
      controller.error(reason);
    };
    const broken = () => fail(new TypeError("the world is offline"));
    const aborted = () => fail(signal.reason);
    breaks.add(broken);
    signal.addEventListener("abort", aborted);
    const beat = setInterval(() => writer.writeBookmark(), BOOKMARK_EVERY);
    stops.push(
      store.watch((change) => writer.tell(change)),
      () => clearInterval(beat),
      () => breaks.delete(broken),
      () => signal.removeEventListener("abort", aborted),
    );
  };
  return new Response(new ReadableStream({ start, cancel: stop }));
}

class Writer {
  readonly #store: Store;
  readonly #watched: Watched;
  readonly #controller: ReadableStreamDefaultController<Uint8Array>;
  readonly #encoder = new TextEncoder();

  constructor(
    store: Store,
    watched: Watched,
    controller: ReadableStreamDefaultController<Uint8Array>,
  ) {
    this.#store = store;
    this.#watched = watched;
    this.#controller = controller;
  }

  /** What happened since the version that the watch begins with; false when that is too old. */
  writeMissed(): boolean {
    const missed = this.#store.since(this.#watched.since);
    for (const change of missed ?? []) this.tell(change);
    if (missed !== null) return true;
    this.#write("ERROR", renderStatus(new Refused(410, "too old resource version")));
    this.#controller.close();
    return false;
  }

  tell({ kind, type, object, version }: Change): void {
    if (kind !== this.#watched.kind || !this.#watched.test(object)) return;
    this.#write(type, this.#watched.table ? renderTable(kind, [object], String(version)) : object);
  }

  writeBookmark(): void {
    const { version } = this.#store;
    const { kind, table } = this.#watched;
    const object = { metadata: { resourceVersion: version } };
    this.#write("BOOKMARK", table ? renderTable(kind, [], version) : object);
  }

  #write(type: string, object: Json): void {
    this.#controller.enqueue(this.#encoder.encode(`${JSON.stringify({ type, object })}\n`));
  }
}
