/** The log of a guest's serial console as lines: bounded, without repetition, to be searched. Pure. */
import { cleanLine } from "./ansi.ts";

export interface LogLine {
  /** Grows by one with each line; the same line always has the same. */
  readonly number: number;
  /** When the node's kubelet took it; "" when it did not say. */
  readonly time: string;
  /** Printable, without a line feed. */
  readonly text: string;
}

export interface Log {
  readonly lines: readonly LogLine[];
  /** What came after the last line feed. */
  readonly rest: string;
  /** Lines that were dropped because there were too many. */
  readonly dropped: number;
}

export const MAX_LINES = 5_000;
/** Of one line, in characters; what comes behind is left out. */
export const MAX_LENGTH = 4_096;
/** Of a line before its end is known, with what steers terminals in it. */
const MAX_REST = 64 * 1024;

export const EMPTY_LOG: Log = { lines: [], rest: "", dropped: 0 };

const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) ?/;

/**
 * Adds a piece of `pods/log?timestamps=true`. Lines up to `after` (a time of before) are left out:
 * a log that is read again from a second on begins with some that are known.
 */
export function appendLog(log: Log, piece: string, after = ""): Log {
  const parts = (log.rest + piece).split("\n");
  const rest = (parts.pop() ?? "").slice(0, MAX_REST);
  const lines = [...log.lines];
  let number = (lines.at(-1)?.number ?? log.dropped - 1) + 1;
  for (const part of parts) {
    const line = readLine(part, number);
    if (after !== "" && line.time !== "" && !isLater(line.time, after)) continue;
    lines.push(line);
    number += 1;
  }
  const excess = Math.max(0, lines.length - MAX_LINES);
  return { lines: excess > 0 ? lines.slice(excess) : lines, rest, dropped: log.dropped + excess };
}

/** Takes an unfinished last line for a whole one: nothing more will come. */
export function endLog(log: Log): Log {
  return log.rest === "" ? log : appendLog(log, "\n");
}

function readLine(raw: string, number: number): LogLine {
  const time = STAMP.exec(raw)?.[1] ?? "";
  const text = time === "" ? raw : raw.slice(time.length + 1);
  const clean = cleanLine(text.slice(0, MAX_REST));
  return {
    number,
    time,
    text: clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH)}…` : clean,
  };
}

/** Kubelets write all times in one zone, with fractions of any length. */
function isLater(time: string, other: string): boolean {
  return comparable(time) > comparable(other);
}

function comparable(time: string): string {
  const [whole = "", fraction = ""] = time.replace(/(?:Z|[+-]\d\d:\d\d)$/, "").split(".");
  return `${whole}.${fraction.padEnd(9, "0")}`;
}

/** What a key or a wheel did, as far as it moves a text. */
export interface Move {
  readonly key?: string;
  readonly deltaY?: number;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
}

/** Whether it leads up, away from the end. */
export function leadsUp({ key, deltaY = 0, shiftKey, ctrlKey }: Move): boolean {
  if (key === " ") return shiftKey;
  if (key !== undefined) return ["Home", "PageUp", "ArrowUp"].includes(key);
  return deltaY < 0 && !shiftKey && !ctrlKey; // with these it goes sideways, or zooms
}

/** Where a word stands; `line` is an index into the lines. */
export interface Hit {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

export const MAX_HITS = 1_000;

/** The first 1,000 places of a word, whatever its case; none for an empty word. */
export function findHits(lines: readonly LogLine[], word: string): Hit[] {
  const hits: Hit[] = [];
  if (word === "") return hits;
  const pattern = new RegExp(word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
  for (const [line, { text }] of lines.entries()) {
    for (const found of text.matchAll(pattern)) {
      hits.push({ line, start: found.index, end: found.index + found[0].length });
      if (hits.length === MAX_HITS) return hits;
    }
  }
  return hits;
}

/** A line in the parts between and in the hits; the numbers are those of the hits. */
export interface Part {
  readonly text: string;
  readonly hit: number | null;
}

/** `hits` are those of this line, `first` the number of the first of them. */
export function splitLine(text: string, hits: readonly Hit[], first: number): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const [index, { start, end }] of hits.entries()) {
    if (start > from) parts.push({ text: text.slice(from, start), hit: null });
    parts.push({ text: text.slice(start, end), hit: first + index });
    from = end;
  }
  if (from < text.length) parts.push({ text: text.slice(from), hit: null });
  return parts;
}
