/**
 * The search box's language. Terms are separated by spaces, and all have to fit:
 *
 *     web                     the name has "web" in it
 *     status:running,paused   one of these; letters' case does not matter, * stands for anything
 *     -node:node1             not this
 *     label:app=web           also label:app, label:app!=web
 *     memory:>=4Gi cpu:2 age:<1d
 *     status:"Crash loop"     a value of several words, or one with a comma in it
 *
 * Values are found by the API's word and by what the list calls them. A term that is wrong
 * is told of and otherwise ignored. A text that is too long is cut.
 */
import type { TFunction } from "i18next";
import { type Comparison, parseComparison } from "./comparison.ts";
import type { Row } from "./row.ts";
import { isWorded, listWords } from "./word.ts";

export const TEXT_FIELDS = [
  "name",
  "namespace",
  "status",
  "ready",
  "node",
  "ip",
  "instancetype",
  "reason",
  "kind",
] as const;
export const NUMBER_FIELDS = ["cpu", "memory", "age"] as const;
export const FIELDS = [...TEXT_FIELDS, ...NUMBER_FIELDS, "label"] as const;
export type TextField = (typeof TEXT_FIELDS)[number];
export type NumberField = (typeof NUMBER_FIELDS)[number];
export type Field = (typeof FIELDS)[number];

export const LONGEST_FILTER = 500;
const MOST_TERMS = 32;

/** Why a term is ignored; `term` is what was written. */
export interface Problem {
  readonly why:
    | "field" // there is no such field; `hint` is one that is written alike, or ""
    | "value" // the value is missing
    | "number" // not a comparison with a number, `field` is its field
    | "quote" // a quotation mark is not closed
    | "many"; // too many terms
  readonly term: string;
  readonly field: string;
  readonly hint: string;
}

/** A part of the text; offsets are in UTF-16 units, as those of an input's caret. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly open: boolean;
}

export interface Filter {
  /** True for rows to show; `now` in milliseconds is for ages. */
  readonly accepts: (row: Row, now: number) => boolean;
  /** True when nothing is left out. */
  readonly empty: boolean;
  readonly problems: readonly Problem[];
}

type Test = (row: Row, now: number) => boolean;
type Parsed = Test | Problem;

/** Reads the search box's text; `t` has the words that the list shows. */
export function parseFilter(text: string, t: TFunction): Filter {
  const tokens = tokenize(text.slice(0, LONGEST_FILTER));
  const parsed = tokens.slice(0, MOST_TERMS).map((each) => parseTerm(each, t));
  const problems = parsed.filter((each): each is Problem => typeof each !== "function");
  const tests = parsed.filter((each): each is Test => typeof each === "function");
  const spare = tokens[MOST_TERMS];
  if (spare !== undefined) problems.push(tell("many", spare.text));
  return {
    accepts: (row, now) => tests.every((test) => test(row, now)),
    empty: tests.length === 0,
    problems,
  };
}

/** The terms, and where they are; quotation marks hold spaces together. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /(?:[^\s"]|"[^"]*"?)+/g;
  for (const found of text.matchAll(pattern)) {
    const open = (found[0].split('"').length - 1) % 2 === 1;
    const start = found.index;
    tokens.push({ text: found[0], start, end: start + found[0].length, open });
  }
  return tokens;
}

function tell(why: Problem["why"], term: string, field = "", hint = ""): Problem {
  return { why, term, field, hint };
}

function parseTerm({ text, open }: Token, t: TFunction): Parsed {
  if (open) return tell("quote", text);
  const negated = text.startsWith("-") && text.length > 1;
  const parsed = parsePositive(negated ? text.slice(1) : text, text, t);
  if (!negated || typeof parsed !== "function") return parsed;
  return (row, now) => !parsed(row, now);
}

function parsePositive(text: string, term: string, t: TFunction): Parsed {
  const colon = text.startsWith('"') ? -1 : text.indexOf(":");
  if (colon < 0) return testText("name", [unquote(text)], containing, t);
  const field = text.slice(0, colon).toLowerCase();
  const value = unquote(text.slice(colon + 1));
  const known = FIELDS.find((each) => each === field);
  if (known === undefined) return tell("field", term, field, findAlike(field));
  if (value === "") return tell("value", term, field);
  if (known === "label") return testLabel(value) ?? tell("value", term, field);
  if (isNumberField(known)) {
    const comparison = parseComparison(value, known);
    return comparison === null ? tell("number", term, field) : testNumber(known, comparison);
  }
  const wanted = splitValues(text.slice(colon + 1));
  if (wanted.length === 0) return tell("value", term, field);
  return testText(known, wanted, known === "name" ? containing : matching, t);
}

function isNumberField(field: Field): field is NumberField {
  return NUMBER_FIELDS.some((each) => each === field);
}

export function unquote(text: string): string {
  return text.replaceAll('"', "");
}

/** What stands between commas, but for those in quotation marks. */
function splitValues(text: string): string[] {
  const values = text.match(/(?:[^",]|"[^"]*")+/g) ?? [];
  return values.map(unquote).filter((each) => each !== "");
}

type Match = (wanted: string) => (value: string) => boolean;

/** Somewhere in the value, unless there are stars: then as in matching. */
const containing: Match = (wanted) => {
  if (wanted.includes("*")) return matching(wanted);
  const part = wanted.toLowerCase();
  return (value) => value.toLowerCase().includes(part);
};

/** The whole value; a star stands for anything. */
const matching: Match = (wanted) => {
  const parts = wanted.toLowerCase().split("*");
  return (value) => fitsParts(value.toLowerCase(), parts);
};

/** A regular expression made of what is typed could take forever; this cannot. */
function fitsParts(value: string, parts: readonly string[]): boolean {
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return value === first;
  if (!value.startsWith(first) || value.length < first.length + last.length) return false;
  if (!value.endsWith(last)) return false;
  let at = first.length;
  const end = value.length - last.length;
  for (const part of rest) {
    const found = value.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

function testText(field: TextField, wanted: readonly string[], match: Match, t: TFunction): Test {
  const fits = wanted.map(match);
  const isWanted = (word: string) => fits.some((fit) => fit(word));
  if (!isWorded(field)) return (row) => isWanted(readText(row, field));
  const judge = remember((value) => listWords(field, value, t).some(isWanted));
  return (row) => judge(readText(row, field));
}

/** Asks once for each value: there are few of them, in many rows. */
function remember(judge: (value: string) => boolean): (value: string) => boolean {
  const known = new Map<string, boolean>();
  return (value) => {
    const judged = known.get(value) ?? judge(value);
    known.set(value, judged);
    return judged;
  };
}

/** A field's value as text, as filters and suggestions see it. */
export function readText(row: Row, field: TextField): string {
  if (field !== "kind") return row[field];
  return row.kind === "VirtualMachine" ? "vm" : "vmi";
}

/** app=web, app!=web, app==web, app; null when there is no key. */
function testLabel(value: string): Test | null {
  const found = /^([^=!]+)(?:(!?)==?(.*))?$/.exec(value);
  if (found === null) return null;
  const [, key = "", not, wanted] = found;
  if (wanted === undefined) return (row) => Object.hasOwn(row.labels, key);
  const fits = wanted.split(",").map(matching);
  const has = (row: Row) => {
    const label = Object.hasOwn(row.labels, key) ? row.labels[key] : undefined;
    return label !== undefined && fits.some((fit) => fit(label));
  };
  return not === "!" ? (row) => !has(row) : has;
}

function testNumber(field: NumberField, comparison: Comparison): Test {
  return (row, now) => {
    const value = readNumber(row, field, now);
    return value !== null && comparison(value);
  };
}

/** CPUs, bytes, or an age in seconds. */
function readNumber(row: Row, field: NumberField, now: number): number | null {
  if (field === "cpu") return row.cpu;
  if (field === "memory") return row.memoryBytes;
  return row.created === null ? null : (now - row.created) / 1000;
}

/** A field that is written with one letter more, less, or other; or that begins so. */
function findAlike(written: string): string {
  if (written === "") return "";
  const begun = FIELDS.find((field) => field.startsWith(written) || written.startsWith(field));
  return begun ?? FIELDS.find((field) => countEdits(field, written) <= 2) ?? "";
}

/** Levenshtein's distance, of short words. */
function countEdits(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 2) return 3;
  let above = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const line = [row];
    for (let column = 1; column <= other.length; column++) {
      const swap = (above[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1);
      line.push(Math.min(swap, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
    }
    above = line;
  }
  return above[other.length] ?? 0;
}
