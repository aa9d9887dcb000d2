/** Finds the texts that the pages' sources have: calls of t with a literal. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Call {
  /** file:line */
  readonly where: string;
  /** The sentence; undefined when the argument is no plain literal. */
  readonly key: string | undefined;
  /** Whether a count chooses among singular and plural. */
  readonly counted: boolean;
}

const CALL = /(?<![\w.$])(?:i18next\.)?t\(\s*/g;
const LITERAL = /"(?:[^"\\\n]|\\.)*"/y;

/** All calls in the folder's .ts and .tsx files. */
export async function collectCalls(folder: string): Promise<Call[]> {
  const names = await readdir(folder, { recursive: true });
  const sources = names.filter((name) => /\.tsx?$/.test(name)).sort();
  const found = await Promise.all(
    sources.map(async (name) => findCalls(await readFile(join(folder, name), "utf8"), name)),
  );
  return found.flat();
}

/** The calls in one source. */
export function findCalls(source: string, name: string): Call[] {
  const text = blankComments(source);
  return [...text.matchAll(CALL)].map(({ 0: head, index }) => {
    const start = index + head.length;
    const where = `${name}:${text.slice(0, index).split("\n").length}`;
    LITERAL.lastIndex = start;
    const literal = LITERAL.exec(text)?.[0];
    const rest = readArguments(text, start + (literal?.length ?? 0));
    const isAlone = literal !== undefined && /^\s*[,)]/.test(rest);
    return {
      where,
      key: isAlone ? (JSON.parse(literal) as string) : undefined,
      counted: /\bcount\b\s*[:,}]/.test(rest),
    };
  });
}

/** Comments may speak of t(…), too; lines stay where they are. */
function blankComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<![:"'`])\/\/.*$/gm, (comment) =>
    comment.replace(/[^\n]/g, " "),
  );
}

/** The text up to the parenthesis that ends the call. */
function readArguments(text: string, start: number): string {
  let depth = 1;
  let at = start;
  while (at < text.length && depth > 0) {
    const letter = text[at];
    if (letter === "(") depth += 1;
    if (letter === ")") depth -= 1;
    at += 1;
  }
  return text.slice(start, at);
}

/** The names in {{…}}, sorted. */
export function listValues(text: string): string[] {
  return [...text.matchAll(/\{\{\s*-?\s*(\w+)[^}]*\}\}/g)].map(([, name]) => name ?? "").sort();
}
