/** Finds text in the lines of a terminal. */

export interface Place {
  /** Index of the line. */
  readonly line: number;
  /** Index of the first character in its text. */
  readonly at: number;
}

/**
 * The next place of `wanted` before or after `from`, going round; case does not matter. Null when
 * there is none. `read` gives the text of a line.
 */
export function findPlace(
  read: (line: number) => string,
  count: number,
  wanted: string,
  from: Place | null,
  back: boolean,
): Place | null {
  const needle = wanted.toLowerCase();
  if (needle === "" || count === 0) return null;
  const start = from ?? { line: back ? count - 1 : 0, at: back ? Number.POSITIVE_INFINITY : -1 };
  const step = back ? -1 : 1;
  // One more than there are: the part of the first line that was left out comes last.
  for (let i = 0; i <= count; i += 1) {
    const line = (start.line + i * step + count * 2) % count;
    const text = read(line).toLowerCase();
    const at = findIn(text, needle, i === 0 ? start.at : null, back);
    if (at >= 0) return { line, at };
  }
  return null;
}

function findIn(text: string, needle: string, from: number | null, back: boolean): number {
  if (!back) return text.indexOf(needle, from === null ? 0 : from + 1);
  if (from === 0) return -1;
  return text.lastIndexOf(needle, from === null ? Number.POSITIVE_INFINITY : from - 1);
}
