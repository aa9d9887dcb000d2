/**
 * Keeps what is looked at of a kind: lists it, follows it by a watch, and tells the page at most
 * once per drawn frame. live.ts has the contract for pages.
 *
 * A feed is shared by all who look at the same selection; it is made when the first one comes, and
 * dropped 30 s after the last one has gone, so that going back to a page shows it at once.
 */
import type { Api, Resource, Selection } from "./api.ts";
import { CLOCK, type Clock } from "./clock.ts";
import { follow, type Source } from "./follow.ts";
import { type Form, type Shown, ShownList } from "./shown.ts";

const DROP_MILLISECONDS = 30_000;

/** What useSyncExternalStore wants; making one asks for nothing yet. */
export interface Feed {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => Shown;
}

/** The feeds that somebody looks at, by what they show. A new session has a new Api. */
const feeds = new WeakMap<Api, Map<string, SharedFeed>>();

/** Without a resource nothing is asked for, and the state stays loading. */
export function openFeed(
  api: Api,
  form: Form,
  resource: Resource | undefined,
  selection: Selection,
  clock: Clock = CLOCK,
): Feed {
  const loading = new ShownList(form).read();
  if (resource === undefined) return { subscribe: () => () => {}, read: () => loading };
  const { group, version, plural } = resource;
  const { namespace = "", labelSelector = "", fieldSelector = "" } = selection;
  const key = [form, group, version, plural, namespace, labelSelector, fieldSelector].join("\n");
  return {
    subscribe(listener) {
      const held = feeds.get(api) ?? new Map<string, SharedFeed>();
      feeds.set(api, held);
      let feed = held.get(key);
      if (feed === undefined) {
        const drop = () => held.delete(key);
        feed = new SharedFeed({ api, form, resource, selection }, clock, drop);
        held.set(key, feed);
      }
      return feed.subscribe(listener);
    },
    read: () => feeds.get(api)?.get(key)?.read() ?? loading,
  };
}

/** Ends whatever a session looked at: what becomes of it afterwards is nobody's news. */
export function closeFeeds(api: Api): void {
  for (const feed of [...(feeds.get(api)?.values() ?? [])]) feed.end();
}

/** How many feeds an Api has, for tests. */
export function countFeeds(api: Api): number {
  return feeds.get(api)?.size ?? 0;
}

class SharedFeed {
  readonly #clock: Clock;
  readonly #drop: () => void;
  readonly #shown: ShownList;
  readonly #controller = new AbortController();
  readonly #listeners = new Set<{ readonly call: () => void }>();
  #callOffFrame: (() => void) | undefined;
  #callOffDrop: (() => void) | undefined;

  constructor(source: Source, clock: Clock, drop: () => void) {
    this.#clock = clock;
    this.#drop = drop;
    this.#shown = new ShownList(source.form);
    void follow(source, this.#shown, clock, this.#controller.signal, () => this.#plan());
  }

  readonly read = (): Shown => this.#shown.read();

  subscribe(call: () => void): () => void {
    const listener = { call };
    this.#listeners.add(listener);
    this.#callOffDrop?.();
    this.#callOffDrop = undefined;
    return () => this.#leave(listener);
  }

  #leave(listener: { readonly call: () => void }): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    this.#callOffDrop = this.#clock.after(DROP_MILLISECONDS, () => this.end());
  }

  end(): void {
    this.#callOffDrop?.();
    this.#callOffFrame?.();
    this.#controller.abort();
    this.#drop();
  }

  /** However much changed, the page is told once per frame. */
  #plan(): void {
    this.#callOffFrame ??= this.#clock.frame(() => {
      this.#callOffFrame = undefined;
      if (!this.#shown.publish()) return;
      for (const { call } of this.#listeners) call();
    });
  }
}
