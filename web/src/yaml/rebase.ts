/** Two changes of one object, put together: what a conflict leaves to do; pure. */
import { isRecord } from "../model/draft.ts";
import { listDifferences } from "../model/draftRead.ts";

export interface Rebased {
  /** Their object with my changes; where both changed the same, mine stands. */
  readonly object: unknown;
  /** Paths that both changed, and not alike. */
  readonly clashes: readonly string[];
}

/** Does my change (base → mine) on their object. Lists are changed as a whole, unless by name. */
export function rebase(base: unknown, mine: unknown, theirs: unknown, path = ""): Rebased {
  if (equal(base, mine) || equal(mine, theirs)) return { object: theirs, clashes: [] };
  if (equal(base, theirs)) return { object: mine, clashes: [] };
  if (isRecord(base) && isRecord(mine) && isRecord(theirs))
    return rebaseMap(base, mine, theirs, path);
  const lists = [base, mine, theirs].map(readNamed);
  const [a, b, c] = lists;
  if (a && b && c) {
    const { object, clashes } = rebaseMap(a, b, c, path);
    return { object: Object.values(object as object), clashes };
  }
  return { object: mine, clashes: [path] };
}

function rebaseMap(
  base: Record<string, unknown>,
  mine: Record<string, unknown>,
  theirs: Record<string, unknown>,
  path: string,
): Rebased {
  const clashes: string[] = [];
  const object: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const inside = path === "" ? key : `${path}.${key}`;
    const part = rebase(base[key], mine[key], theirs[key], inside);
    clashes.push(...part.clashes);
    if (part.object !== undefined) object[key] = part.object;
  }
  return { object, clashes };
}

/** A list of objects with different names, by name; as Kubernetes merges disks and volumes. */
function readNamed(list: unknown): Record<string, unknown> | null {
  if (!Array.isArray(list)) return null;
  const named: Record<string, unknown> = {};
  for (const each of list) {
    if (!isRecord(each) || typeof each.name !== "string" || Object.hasOwn(named, each.name))
      return null;
    named[each.name] = each;
  }
  return named;
}

export function equal(one: unknown, other: unknown): boolean {
  return listDifferences(one, other, "/").length === 0;
}
