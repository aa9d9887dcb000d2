/** How long to wait after failures. */

/**
 * Milliseconds before the next try: 1–2 s after the first failure, then twice as long each time, up
 * to 15–30 s. `random` in 0…1 spreads those who lost the same server.
 */
export function backOff(failures: number, random: number): number {
  const top = Math.min(30_000, 1000 * 2 ** Math.max(1, failures));
  return top / 2 + (random * top) / 2;
}
