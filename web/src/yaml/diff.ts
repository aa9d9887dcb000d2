/** What differs between two texts, line by line; loaded with the editor, whose algorithm it uses. */
import { Chunk } from "@codemirror/merge";
import { Text } from "@codemirror/state";

export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  /** Number of the line in the text that has it; of a line that both have, in the second. */
  readonly number: number;
  readonly text: string;
}

/** Lines that both texts have in a row, and that were left out. */
export interface Gap {
  readonly kind: "gap";
  readonly count: number;
}

/** Lines around a change that are shown with it. */
const CONTEXT = 3;

/** The changed lines with some around them; nothing for equal texts. */
export function diffLines(before: string, after: string): (DiffLine | Gap)[] {
  const [old, young] = [before, after].map(readLines) as [Text, Text];
  const rows: (DiffLine | Gap)[] = [];
  const chunks = Chunk.build(old, young, { scanLimit: 1000, timeout: 500 });
  if (chunks.length === 0) return [];
  let next = 1;
  for (const [index, chunk] of chunks.entries()) {
    const first = chunk.fromB >= young.length + 1 ? young.lines + 1 : lineAt(young, chunk.fromB);
    rows.push(...listSame(young, next, first - 1, index === 0, false));
    rows.push(...listChanged(old, chunk.fromA, chunk.endA, chunk.fromA === chunk.toA, "removed"));
    const added = listChanged(young, chunk.fromB, chunk.endB, chunk.fromB === chunk.toB, "added");
    rows.push(...added);
    next = first + added.length;
  }
  rows.push(...listSame(young, next, young.lines - 1, false, true));
  return rows;
}

/** Every line ends, the last one too: else it would differ from itself with another after it. */
function readLines(text: string): Text {
  return Text.of(`${text.replace(/\n$/, "")}\n`.split("\n"));
}

function lineAt(text: Text, at: number): number {
  return text.lineAt(Math.min(at, text.length)).number;
}

function listChanged(
  text: Text,
  from: number,
  to: number,
  none: boolean,
  kind: "removed" | "added",
): DiffLine[] {
  if (none) return [];
  const [first, last] = [lineAt(text, from), lineAt(text, Math.max(from, to))];
  const lines: DiffLine[] = [];
  for (let number = first; number <= last; number++) {
    lines.push({ kind, number, text: text.line(number).text });
  }
  return lines;
}

function listSame(text: Text, from: number, to: number, head: boolean, tail: boolean) {
  const rows: (DiffLine | Gap)[] = [];
  const keptBefore = head ? 0 : CONTEXT;
  const keptAfter = tail ? 0 : CONTEXT;
  const count = to - from + 1;
  const hidden = count - keptBefore - keptAfter;
  for (let number = from; number <= to; number++) {
    const at = number - from;
    if (hidden > 1 && at >= keptBefore && at < count - keptAfter) {
      if (at === keptBefore) rows.push({ kind: "gap", count: hidden });
      continue;
    }
    rows.push({ kind: "same", number, text: text.line(number).text });
  }
  return rows;
}
