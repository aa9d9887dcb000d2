/** PatternFly's table and its boxes as classes: its components do much, and this list has many. */
import type { SortKey } from "../../model/sort.ts";
import "@patternfly/react-styles/css/components/Check/check.css";
import "@patternfly/react-styles/css/components/Table/table.css";

const BLOCK = "pf-v6-c-table";

export const styles = {
  table: `${BLOCK} pf-m-compact`,
  thead: `${BLOCK}__thead`,
  tbody: `${BLOCK}__tbody`,
  tr: `${BLOCK}__tr`,
  th: `${BLOCK}__th`,
  td: `${BLOCK}__td`,
  check: `${BLOCK}__check`,
  action: `${BLOCK}__action`,
  sort: `${BLOCK}__sort`,
  button: `${BLOCK}__button`,
  buttonContent: `${BLOCK}__button-content`,
  text: `${BLOCK}__text`,
  sortIndicator: `${BLOCK}__sort-indicator`,
  selected: "pf-m-selected",
  box: "pf-v6-c-check pf-m-standalone",
  boxInput: "pf-v6-c-check__input",
} as const;

/** Of columns, in rem; the name gets what is left, and this at least. */
const WIDTHS: Readonly<Record<SortKey, number>> = {
  name: 9,
  namespace: 6.5,
  status: 9.5,
  ready: 4.5,
  node: 6,
  ip: 7.5,
  cpu: 4,
  memory: 7.5,
  instancetype: 8,
  reason: 8,
  age: 7,
};
const EDGE = 2.75;

/** For the style of a heading: columns keep their width while other rows come and go. */
export function columnWidth(column: SortKey | "edge"): string | undefined {
  if (column === "name") return undefined;
  return `${column === "edge" ? EDGE : WIDTHS[column]}rem`;
}

/** The width in rem below which the list scrolls to the side. */
export function leastWidth(columns: readonly SortKey[]): number {
  return columns.reduce((sum, column) => sum + WIDTHS[column], 2 * EDGE);
}
