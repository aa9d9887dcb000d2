/** Names of columns. */
import type { TFunction } from "i18next";
import type { SortKey } from "../../model/sort.ts";

const NAMES: Readonly<Record<SortKey, (t: TFunction) => string>> = {
  name: (t) => t("Name"),
  namespace: (t) => t("Namespace"),
  status: (t) => t("Status"),
  ready: (t) => t("Ready"),
  node: (t) => t("Node"),
  ip: (t) => t("IP address"),
  cpu: (t) => t("CPUs"),
  memory: (t) => t("Memory"),
  instancetype: (t) => t("Instance type"),
  reason: (t) => t("Reason"),
  age: (t) => t("Created"),
};

export function nameColumn(column: SortKey, t: TFunction): string {
  return NAMES[column](t);
}
