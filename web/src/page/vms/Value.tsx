/** What a column says of a row. */

import { formatBytes, formatNumber } from "../../model/quantity.ts";
import type { Row } from "../../model/row.ts";
import type { SortKey } from "../../model/sort.ts";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";

export interface ValueProps {
  readonly row: Row;
  readonly column: Exclude<SortKey, "name" | "status">;
}

export function Value({ row, column }: ValueProps) {
  const { t, i18n } = useTranslation();
  switch (column) {
    case "ready":
      return { True: t("Yes"), False: t("No"), Unknown: t("Unknown") }[row.ready] ?? row.ready;
    case "cpu":
      return row.cpu === null ? "" : formatNumber(row.cpu, i18n.language);
    case "memory":
      return <bdi>{sayMemory(row, i18n.language)}</bdi>;
    case "age":
      return row.created === null ? "" : <When time={new Date(row.created)} />;
    default:
      return <bdi>{row[column]}</bdi>;
  }
}

/** As it stands, where it is no quantity. */
function sayMemory({ memory, memoryBytes }: Row, language: string): string {
  return memoryBytes === null ? memory : formatBytes(memoryBytes, language);
}
