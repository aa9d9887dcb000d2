/** What the search box offers to write next. */
import type { TFunction } from "i18next";
import {
  FIELDS,
  type Field,
  readText,
  TEXT_FIELDS,
  type TextField,
  tokenize,
  unquote,
} from "./filter.ts";
import type { Row } from "./row.ts";
import { sayValue } from "./word.ts";

export interface Suggestion {
  /** What is offered, such as `status:` or `status:Running`. */
  readonly term: string;
  /** The value as the list shows it, where that is another word; else "". */
  readonly words: string;
  /** How many of the rows have it; null for a field alone. */
  readonly count: number | null;
  /** The whole text when it is taken, and where the caret then is. */
  readonly text: string;
  readonly caret: number;
}

const MOST = 8;
// enough to know what values there are; a page must not stop at each key that is pressed
const ROWS_LOOKED_AT = 5_000;

const LISTED: ReadonlySet<Field> = new Set(TEXT_FIELDS.filter((field) => field !== "name"));

/** How a value of a field is said in the user's language. */
type Say = (field: TextField, value: string) => string;

/**
 * Suggestions for the term at the caret, best first. What is written into the box is the API's
 * word, so that an address means the same in each language; the user's own finds it as well.
 */
export function suggest(
  text: string,
  caret: number,
  rows: readonly Row[],
  t: TFunction,
): Suggestion[] {
  const token = tokenize(text).find(({ start, end }) => start <= caret && caret <= end);
  const start = token?.start ?? caret;
  // a quotation mark that is not closed yet reaches over the terms behind it
  const end = token === undefined || token.open ? caret : token.end;
  const negation = token?.text.startsWith("-") ? "-" : "";
  const written = text.slice(start + negation.length, caret);
  const say: Say = (field, value) => sayValue(field, value, t);
  return propose(written, rows.slice(0, ROWS_LOOKED_AT), say).map(({ term, words, count }) => {
    const begun = count === null;
    const inserted = `${negation}${term}${begun ? "" : " "}`;
    const tail = begun ? text.slice(end) : text.slice(end).trimStart();
    const whole = text.slice(0, start) + inserted + tail;
    return { term: negation + term, words, count, text: whole, caret: start + inserted.length };
  });
}

type Proposal = Pick<Suggestion, "term" | "words" | "count">;

function propose(written: string, rows: readonly Row[], say: Say): Proposal[] {
  const colon = written.indexOf(":");
  if (colon < 0) {
    const begun = unquote(written).toLowerCase();
    const fields = FIELDS.filter((field) => field.startsWith(begun));
    return fields.slice(0, MOST).map((field) => ({ term: `${field}:`, words: "", count: null }));
  }
  const field = unquote(written.slice(0, colon)).toLowerCase();
  const rest = written.slice(colon + 1);
  if (field === "label") return proposeLabels(unquote(rest), rows);
  const known = TEXT_FIELDS.find((each) => each === field);
  if (known === undefined || !LISTED.has(known)) return [];
  return proposeValues(known, rest, rows, say);
}

/** All up to the last comma that is in no quotation marks. */
const VALUES_BEFORE = /^(?:(?:[^",]|"[^"]*")*,)+/;

function proposeValues(
  field: TextField,
  written: string,
  rows: readonly Row[],
  say: Say,
): Proposal[] {
  const before = written.match(VALUES_BEFORE)?.[0] ?? "";
  const begun = unquote(written.slice(before.length)).toLowerCase();
  const fits = (text: string) => text.toLowerCase().includes(begun);
  const values = rows.map((row) => readText(row, field)).filter((value) => value !== "");
  return countValues(values)
    .map(([value, count]) => ({ value, count, words: say(field, value) }))
    .filter(({ value, words }) => fits(value) || fits(words))
    .slice(0, MOST)
    .map(({ value, count, words }) => ({
      term: `${field}:${before}${quote(value)}`,
      words: words === value ? "" : words,
      count,
    }));
}

function proposeLabels(written: string, rows: readonly Row[]): Proposal[] {
  const begun = written.toLowerCase();
  const pairs = rows.flatMap(({ labels }) =>
    Object.entries(labels).map(([key, value]) => `${key}=${value}`),
  );
  const fitting = pairs.filter((pair) => pair.toLowerCase().startsWith(begun));
  const best = countValues(fitting).slice(0, MOST);
  return best.map(([pair, count]) => ({ term: `label:${pair}`, words: "", count }));
}

/** How often each is there, the most frequent first. */
function countValues(values: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([one, many], [other, more]) =>
    many === more ? (one < other ? -1 : 1) : more - many,
  );
}

function quote(value: string): string {
  return /[\s,]/.test(value) ? `"${value}"` : value;
}
