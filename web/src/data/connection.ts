/** Whether the cluster answers: what the feeds on the screen say of it, for one banner. */
import { useSyncExternalStore } from "react";

export interface ConnectionState {
  /** False while at least one of the feeds on the screen could not be kept up to date. */
  readonly live: boolean;
  /** When it broke; undefined while it is live. */
  readonly since?: Date;
  /** What was said when it broke. */
  readonly error?: Error;
}

const LIVE: ConnectionState = { live: true };

const broken = new Set<object>();
const listeners = new Set<() => void>();
let state = LIVE;

/**
 * A feed says how it is: an error when what it shows is stale, null when it is live or gone.
 * `feed` is any object that stands for it.
 */
export function noteConnection(feed: object, error: Error | null): void {
  if (error === null) broken.delete(feed);
  else broken.add(feed);
  const live = broken.size === 0;
  if (live === state.live) return;
  state = live || error === null ? LIVE : { live, since: new Date(), error };
  for (const changed of listeners) changed();
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

/** How the connection is now. */
export function useConnection(): ConnectionState {
  return useSyncExternalStore(subscribe, () => state);
}
