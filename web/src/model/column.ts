/** Which columns the list shows, and how the choice is remembered. */
import { SORT_KEYS, type SortKey } from "./sort.ts";

/** All columns in their order; the name is always there. */
export const COLUMNS: readonly SortKey[] = SORT_KEYS;

export const DEFAULT_COLUMNS: readonly SortKey[] = [
  "name",
  "namespace",
  "status",
  "node",
  "ip",
  "cpu",
  "memory",
  "age",
];

/** Of the default, what a small window does without: the first goes first. */
const FIRST_TO_GO: readonly SortKey[] = ["age", "memory", "cpu", "ip"];

/** The default as far as there is room for it: a column that is cut off says "6" for 64. */
export function fitColumns(
  room: number,
  measure: (columns: readonly SortKey[]) => number,
): readonly SortKey[] {
  let columns = DEFAULT_COLUMNS;
  for (const column of FIRST_TO_GO) {
    if (measure(columns) <= room) break;
    columns = columns.filter((each) => each !== column);
  }
  return columns;
}

/** Reads what was remembered; unknown names are left out, nothing at all is the default. */
export function parseColumns(text: string | null): readonly SortKey[] {
  if (text === null) return DEFAULT_COLUMNS;
  const names = new Set(text.split(","));
  const chosen = COLUMNS.filter((column) => column === "name" || names.has(column));
  return names.has("name") ? chosen : DEFAULT_COLUMNS;
}

export function formatColumns(columns: readonly SortKey[]): string {
  return columns.join(",");
}

/** Adds or removes a column; the name stays. */
export function toggleColumn(columns: readonly SortKey[], column: SortKey): readonly SortKey[] {
  if (column === "name") return columns;
  const chosen = new Set(columns);
  if (!chosen.delete(column)) chosen.add(column);
  return COLUMNS.filter((each) => chosen.has(each));
}
