/**
 * What is on the screen of a kind: listed once, then kept by a watch.
 *
 * Contract for pages; the store behind it resumes where a watch ended, lists anew after 410, waits
 * longer after each failure (1 s to 30 s, with jitter), and is shared by all who look at the same
 * selection. It is dropped 30 s after the last one has gone.
 */
import { useMemo, useSyncExternalStore } from "react";
import type { ApiError, KubeObject, Resource, Selection, Table } from "./api.ts";
import { useApi } from "./context.tsx";
import { type Feed, openFeed } from "./feed.ts";

export type LiveState =
  /** Nothing was read yet. */
  | "loading"
  /** What is shown is what there is. */
  | "live"
  /** What is shown was so once; the connection is being made anew. */
  | "stale"
  /** The user may not, or the API does not serve the kind: see `error`. */
  | "refused";

export interface Live<T> {
  readonly state: LiveState;
  /** A new array whenever something in it changed; the objects that did not change stay the same. */
  readonly items: readonly T[];
  readonly error?: ApiError;
}

/** Objects of a kind. Without a resource nothing is asked for: state is loading. */
export function useLive<T extends KubeObject>(
  resource: Resource | undefined,
  selection: Selection = {},
): Live<T> {
  return useFeed<Live<T>>("list", resource, selection);
}

export interface LiveTable extends Omit<Table, "resourceVersion"> {
  readonly state: LiveState;
  readonly error?: ApiError;
}

/** Rows as kubectl shows them: little to transfer, for lists of thousands. */
export function useLiveTable(resource: Resource | undefined, selection: Selection = {}): LiveTable {
  return useFeed<LiveTable>("table", resource, selection);
}

export interface LiveOne<T> extends Omit<Live<T>, "items"> {
  /** Undefined while loading, and once the object is gone: then the state is live. */
  readonly object?: T;
}

/** One object by name. */
export function useLiveOne<T extends KubeObject>(
  resource: Resource,
  name: string,
  namespace?: string,
): LiveOne<T> {
  const { items, ...rest } = useLive<T>(resource, {
    namespace,
    fieldSelector: `metadata.name=${name}`,
  });
  return { ...rest, object: items[0] };
}

function useFeed<S>(
  form: "list" | "table",
  resource: Resource | undefined,
  selection: Selection,
): S {
  const api = useApi();
  const { namespace, labelSelector, fieldSelector } = selection;
  const feed: Feed = useMemo(
    () => openFeed(api, form, resource, { namespace, labelSelector, fieldSelector }),
    [api, form, resource, namespace, labelSelector, fieldSelector],
  );
  return useSyncExternalStore(feed.subscribe, feed.read) as S;
}
