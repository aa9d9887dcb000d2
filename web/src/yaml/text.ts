/** YAML as text: objects to it and back, with the place of everything; pure. */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, stringify } from "yaml";
import { isRecord } from "../model/draft.ts";
import { followSteps, parseFieldPath, type Step } from "../model/fieldPath.ts";

/** Something to say about a stretch of the text; offsets in UTF-16 units. */
export interface Problem {
  readonly from: number;
  readonly to: number;
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
  readonly severity: "error" | "warning";
}

/** More than these are not shown: a text that is no YAML at all has one in each line. */
export const MOST_PROBLEMS = 50;

export interface ReadText {
  /** The objects of the documents that are not empty. */
  readonly objects: readonly Record<string, unknown>[];
  /** Why the text cannot be read; none: it can. */
  readonly problems: readonly Problem[];
  /** Puts a complaint where its field is: in the first document whose object is this one. */
  readonly locate: (object: unknown, field: string, message: string) => Problem;
}

/** Objects as YAML that programs with YAML 1.1 read alike. */
export function writeYaml(...objects: readonly unknown[]): string {
  const options = { compat: "yaml-1.1", lineWidth: 0, aliasDuplicateObjects: false } as const;
  return objects.map((each) => stringify(each, options)).join("---\n");
}

export function readYaml(text: string): ReadText {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const place = (range: Range, message: string, severity: Problem["severity"] = "error") => ({
    from: Math.min(range[0], text.length),
    to: Math.min(Math.max(range[1], range[0] + 1), text.length),
    line: lines.linePos(range[0]).line,
    message,
    severity,
  });
  const problems: Problem[] = [];
  const roots = new Map<Record<string, unknown>, Node>();
  for (const document of "empty" in documents ? [] : documents) {
    const { contents } = document;
    for (const { pos, message } of document.errors) problems.push(place(pos, message));
    for (const { pos, message } of document.warnings) problems.push(place(pos, message, "warning"));
    if (contents === null || document.errors.length > 0 || isNothing(contents)) continue;
    const range = rangeOf(contents);
    try {
      const object: unknown = document.toJS();
      if (isRecord(object)) roots.set(object, contents);
      else problems.push(place([range[0], range[0]], "this is no object: it has no fields"));
    } catch (error) {
      problems.push(place([range[0], range[0]], String(error)));
    }
  }
  const locate = (object: unknown, field: string, message: string) => {
    const root = isRecord(object) ? roots.get(object) : undefined;
    return place(findRange(root, followSteps(object, parseFieldPath(field))), message);
  };
  return { objects: [...roots.keys()], problems: problems.slice(0, MOST_PROBLEMS), locate };
}

type Range = readonly [from: number, to: number];

function isNothing(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

function rangeOf(node: unknown): Range {
  const range = (node as Node | null)?.range;
  return range ? [range[0], range[1]] : [0, 0];
}

/** The key of the last step, or the item; of the whole object its first character. */
function findRange(root: Node | undefined, steps: readonly Step[]): Range {
  let here: unknown = root;
  let found: Range = root === undefined ? [0, 0] : [rangeOf(root)[0], rangeOf(root)[0]];
  for (const step of steps) {
    if (isSeq(here) && typeof step === "number") {
      here = here.items[step];
      found = firstLine(rangeOf(here));
    } else if (isMap(here)) {
      const pair = here.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (pair === undefined) return found;
      found = rangeOf(pair.key);
      if (isScalar(pair.value)) found = [found[0], rangeOf(pair.value)[1]];
      here = pair.value;
    }
  }
  return found;
}

/** An item may be many lines; its beginning says enough. */
function firstLine(range: Range): Range {
  return [range[0], range[0] + 1];
}
