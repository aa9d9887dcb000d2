/**
 * Where in an object a place of its YAML is, by indentation alone: while one types, the text is
 * hardly ever YAML that a parser takes. Flow collections ({…}, […]) count as one value. Pure.
 */

export interface Place {
  /** Keys from the outermost; ITEM stands for any item of a list. */
  readonly path: readonly string[];
  /** Whether a key of `path` is being written here, or its value. */
  readonly kind: "key" | "value";
  /** Column at which the key or the value begins. */
  readonly column: number;
  /** Keys that stand beside this place already, its own among them. */
  readonly siblings: readonly string[];
}

export const ITEM = "[]";

interface Line {
  readonly dashes: readonly number[];
  /** Column of the first character behind indentation and dashes. */
  readonly start: number;
  readonly key: string | null;
  /** Column behind the colon. */
  readonly valueAt: number;
  readonly block: boolean;
  readonly blank: boolean;
}

const KEY =
  /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#"'{[\]},&*!|>%@`-][^#:]*?|-[^\s#:][^#:]*?)\s*:(?=\s|$)/;
const BLOCK = /^\s*[|>][-+0-9]*\s*(#.*)?$/;

function readLine(text: string): Line {
  const dashes: number[] = [];
  let start = text.length - text.trimStart().length;
  while (text[start] === "-" && (text[start + 1] === " " || start + 1 === text.length)) {
    dashes.push(start);
    start += 1;
    while (text[start] === " ") start += 1;
  }
  const rest = text.slice(start);
  const match = KEY.exec(rest);
  const valueAt = start + (match?.[0].length ?? 0);
  return {
    dashes,
    start,
    key: match === null ? null : unquote(match[1] ?? ""),
    valueAt,
    block: BLOCK.test(match === null ? rest : text.slice(valueAt)),
    blank: rest === "" || rest.startsWith("#"),
  };
}

function unquote(key: string): string {
  return key.replace(/^(["'])(.*)\1$/, "$2");
}

/** The place of a column of a line; null within a block of text, a comment or another document. */
export function findPlace(lines: readonly string[], number: number, column: number): Place | null {
  const text = lines[number] ?? "";
  const line = readLine(text);
  if (text.slice(0, column).trimStart().startsWith("#")) return null;
  const blank = line.blank && line.dashes.length === 0;
  const start = blank ? column : line.start;
  const above = climb(lines, number, start, line.dashes);
  if (above === null) return null;
  const inValue = line.key !== null && column >= line.valueAt;
  const siblings = listSiblings(lines, number, start, line);
  if (!inValue) return { path: above, kind: "key", column: start, siblings };
  const value = text.slice(line.valueAt);
  const valueColumn = line.valueAt + value.length - value.trimStart().length;
  const path = [...above, line.key ?? ""];
  return { path, kind: "value", column: Math.min(valueColumn, column), siblings };
}

/** The key whose name is under a column, with its path; null between them. */
export function findKeyAt(lines: readonly string[], number: number, column: number) {
  const line = readLine(lines[number] ?? "");
  if (line.key === null || column < line.start || column >= line.valueAt) return null;
  const above = climb(lines, number, line.start, line.dashes);
  return above && { path: [...above, line.key], from: line.start, to: line.valueAt - 1 };
}

/** Collects what encloses a key at a column, upwards from its line. */
function climb(
  lines: readonly string[],
  number: number,
  column: number,
  dashes: readonly number[],
): string[] | null {
  const path: string[] = [];
  let limit = column;
  // A list's dashes may stand right below its key: then the key is at the limit, not before it.
  let inclusive = false;
  const pass = (columns: readonly number[]) => {
    for (const dash of columns.toReversed()) {
      if (dash >= limit) continue;
      path.unshift(ITEM);
      [limit, inclusive] = [dash, true];
    }
  };
  pass(dashes);
  for (let at = number - 1; at >= 0 && (limit > 0 || inclusive); at--) {
    const text = lines[at] ?? "";
    if (/^(---|\.\.\.)(\s|$)/.test(text)) break;
    const line = readLine(text);
    if (line.blank && line.dashes.length === 0) continue;
    const bare = line.dashes.length === 0;
    const encloses = line.start < limit || (inclusive && bare && line.start === limit);
    if (line.block && (line.dashes[0] ?? line.start) < limit) return null;
    if (encloses && line.key !== null) {
      path.unshift(line.key);
      [limit, inclusive] = [line.start, false];
      pass(line.dashes);
    } else if (!bare && (line.dashes[0] ?? 0) < limit && line.start >= limit) {
      pass(line.dashes.filter((dash) => dash < limit));
    }
  }
  return path;
}

/** Keys of the same mapping: at the same column, up and down until something is further out. */
function listSiblings(
  lines: readonly string[],
  number: number,
  column: number,
  own: Line,
): string[] {
  const found: string[] = own.key === null ? [] : [own.key];
  for (const step of [-1, 1]) {
    if (step < 0 && own.dashes.length > 0) continue;
    for (let at = number + step; at >= 0 && at < lines.length; at += step) {
      const line = readLine(lines[at] ?? "");
      if (line.blank && line.dashes.length === 0) continue;
      const begins = line.dashes.length > 0 && line.start === column;
      if (line.start < column || (begins && step > 0)) break;
      if ((line.dashes[0] ?? column) < column && line.start !== column) break;
      if (line.start === column && line.key !== null) found.push(line.key);
      if (begins) break;
    }
  }
  return found;
}
