/** metav1.Table of the kinds that have columns of their own: see api/column.py. */
import type { KubeObject } from "../src/data/api.ts";
import type { Json } from "./store.ts";

interface Column {
  readonly name: string;
  readonly type: string;
  readonly priority: number;
  readonly read: (object: Json) => unknown;
}

function column(name: string, read: (object: Json) => unknown, wide = false, type = "string") {
  return { name, type, priority: wide ? 1 : 0, read } satisfies Column;
}

function condition(name: string, type: string, wide = false): Column {
  const read = (object: Json) =>
    object.status?.conditions?.find((each: Json) => each.type === type)?.status;
  return column(name, read, wide);
}

const NAME = column("Name", (object) => object.metadata.name);
const AGE = column("Age", (object) => tellAge(object.metadata.creationTimestamp), false, "date");

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  "kubevirt.io/virtualmachines": [
    NAME,
    AGE,
    column("Status", (vm) => vm.status?.printableStatus),
    condition("Ready", "Ready"),
    column("Node", (vm) => vm.status?.instance?.nodeName, true),
    column("IP", (vm) => vm.status?.instance?.ipAddress, true),
    column("CPU", (vm) => vm.status?.instance?.vcpus, true, "integer"),
    column("Memory", (vm) => vm.status?.instance?.memory, true),
    column("Instancetype", (vm) => vm.status?.instancetypeRef?.name, true),
    column("Reason", (vm) => vm.status?.instance?.reason, true),
  ],
  "kubevirt.io/virtualmachineinstances": [
    NAME,
    AGE,
    column("Phase", (vmi) => vmi.status?.phase),
    column("IP", (vmi) => vmi.status?.interfaces?.[0]?.ipAddress),
    column("NodeName", (vmi) => vmi.status?.nodeName),
    condition("Ready", "Ready"),
    condition("Live-Migratable", "LiveMigratable", true),
    condition("Paused", "Paused", true),
    condition("Agent", "AgentConnected", true),
    column("Memory", (vmi) => vmi.status?.memory?.guestCurrent, true),
    column("Reason", (vmi) => vmi.status?.reason, true),
  ],
};

export function renderTable(kind: string, objects: readonly KubeObject[], version: string) {
  const columns = COLUMNS[kind] ?? [NAME, AGE];
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: version },
    columnDefinitions: columns.map(({ name, type, priority }) => ({
      name,
      type,
      priority,
      format: "",
      description: "",
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ read }) => read(object) ?? null),
      object: {
        kind: "PartialObjectMetadata",
        apiVersion: "meta.k8s.io/v1",
        metadata: object.metadata,
      },
    })),
  };
}

function tellAge(time: string): string {
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 120) return `${Math.floor(seconds)}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
