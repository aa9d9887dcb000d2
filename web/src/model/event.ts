/** Events in the order in which they happened. Pure. */
import type { KubeEvent } from "./core.ts";

/** When it was seen last, RFC 3339. */
export function findEventTime(event: KubeEvent): string | undefined {
  const { series, lastTimestamp, eventTime, firstTimestamp, metadata } = event;
  const last = series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp;
  return last ?? metadata.creationTimestamp;
}

/** How often it was seen. */
export function countEvent({ series, count }: KubeEvent): number {
  return series?.count ?? count ?? 1;
}

/** The newest first, `limit` at most. */
export function listNewest(events: readonly KubeEvent[], limit: number): readonly KubeEvent[] {
  const time = (event: KubeEvent) => Date.parse(findEventTime(event) ?? "") || 0;
  return events.toSorted((a, b) => time(b) - time(a)).slice(0, limit);
}
