/** Which tile's picture is taken next: few at once, and each again some time after its last. */

export const SHOTS_AT_ONCE = 4;
export const SHOT_EVERY_MS = 10_000;

/** A tile that is on the screen. */
export interface Shot {
  readonly key: string;
  /** When it was last taken or tried, in milliseconds; null: never. */
  readonly last: number | null;
  readonly busy: boolean;
}

export interface ShotPlan {
  /** To be taken now. */
  readonly begin: readonly string[];
  /** When to look again, in milliseconds; null: something else has to happen first. */
  readonly wakeAt: number | null;
}

/** Those that were never taken come first, then the oldest. */
export function planShots(shots: readonly Shot[], now: number): ShotPlan {
  const free = SHOTS_AT_ONCE - shots.filter((shot) => shot.busy).length;
  const waiting = shots
    .filter((shot) => !shot.busy)
    .map(({ key, last }) => ({ key, due: due(last) }));
  waiting.sort((one, other) => one.due - other.due);
  const ready = waiting.filter((shot) => shot.due <= now);
  const begin = ready.slice(0, Math.max(free, 0)).map((shot) => shot.key);
  const next = waiting[begin.length];
  // with no place free, the end of one that is being taken is what to wait for
  const full = begin.length >= free;
  return { begin, wakeAt: next === undefined || full ? null : next.due };
}

function due(last: number | null): number {
  return last === null ? Number.NEGATIVE_INFINITY : last + SHOT_EVERY_MS;
}
