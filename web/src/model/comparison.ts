/** Numbers in filters: >=4Gi, <1d, 2, and 2..4. */
import { parseQuantity } from "./quantity.ts";

export type Comparison = (value: number) => boolean;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

const OPERATORS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  "": (value, bound) => value === bound,
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

/** Reads a comparison; of an age the unit is one of s, m, h, d, w. Null for what is none. */
export function parseComparison(text: string, field: "cpu" | "memory" | "age"): Comparison | null {
  const read = field === "age" ? parseAge : readQuantity;
  const range = /^(.+?)\.\.(.+)$/.exec(text);
  if (range !== null) {
    const [low, high] = [read(range[1] ?? ""), read(range[2] ?? "")];
    return low === null || high === null ? null : (value) => value >= low && value <= high;
  }
  const found = /^([<>]?=?)(.+)$/.exec(text);
  const compare = OPERATORS[found?.[1] ?? ""];
  const bound = read(found?.[2] ?? "");
  if (compare === undefined || bound === null) return null;
  // nothing is exactly one hour old: without an operator an age is the least one
  if (field === "age" && found?.[1] === "") return (value) => value >= bound;
  return (value) => compare(value, bound);
}

function readQuantity(text: string): number | null {
  const number = parseQuantity(text);
  return Number.isNaN(number) ? null : number;
}

function parseAge(text: string): number | null {
  const found = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text);
  return found === null ? null : Number(found[1]) * (SECONDS[found[2] ?? ""] ?? Number.NaN);
}
