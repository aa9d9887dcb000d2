/** Where the keyboard takes the focus in a list of rows. */

export interface Move {
  readonly key: string;
  readonly count: number;
  readonly at: number;
  /** Rows that fit on the screen. */
  readonly page: number;
}

/** The row that a key leads to; null for keys that lead nowhere. */
export function moveFocus({ key, count, at, page }: Move): number | null {
  if (count === 0) return null;
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + Math.max(page, 1),
    PageUp: at - Math.max(page, 1),
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), count - 1);
}
