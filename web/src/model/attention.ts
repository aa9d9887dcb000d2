/** Which VMs are not as somebody wanted them, and where to look next. Pure. */
import { parseQuantity } from "./quantity.ts";
import type { Row } from "./row.ts";
import { judgeStatus } from "./status.ts";

/** They wait, but for something that may never come by itself. */
const WAITING = new Set(["WaitingForVolumeBinding"]);

/** Whether somebody should look at it; what only takes its time does not need anybody. */
export function needsAttention(row: Row): boolean {
  if (row.deleting) return false;
  const judgement = judgeStatus(row.status);
  if (judgement === "bad" || judgement === "odd" || WAITING.has(row.status)) return true;
  if (judgement === "paused") return row.reason.includes("IOError");
  return judgement === "good" && row.status === "Running" && row.ready === "False";
}

/** Those that need it, the failing ones first, then by name. */
export function listAttention(rows: readonly Row[]): readonly Row[] {
  const weight = (row: Row) => (judgeStatus(row.status) === "bad" ? 0 : 1);
  return rows
    .filter(needsAttention)
    .sort((a, b) => weight(a) - weight(b) || a.name.localeCompare(b.name));
}

/** Where the cause is to be seen. */
export type NextStep = "log" | "yaml" | "events" | "nodes" | "storage";

export function chooseStep(status: string): NextStep {
  switch (status) {
    case "CrashLoopBackOff":
    case "Failed":
      return "log";
    case "ErrImagePull":
    case "ImagePullBackOff":
      return "yaml";
    case "ErrorUnschedulable":
      return "nodes";
    case "ErrorPvcNotFound":
    case "DataVolumeError":
    case "WaitingForVolumeBinding":
      return "storage";
    default:
      return "events";
  }
}

export interface StatusCount {
  /** The API's word; "" where no status was written yet. */
  readonly status: string;
  readonly count: number;
}

/** How many are in which status, the most frequent first. */
export function countStatuses(rows: readonly Row[]): readonly StatusCount[] {
  const counts = new Map<string, number>();
  for (const { status } of rows) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .map(([status, count]) => ({ status, count }))
    .sort((a, b) => b.count - a.count || (a.status < b.status ? -1 : 1));
}

/** What VMs have been given on a node. */
export interface Given {
  readonly vms: number;
  readonly cpus: number;
  readonly memoryBytes: number;
}
export const NOTHING_GIVEN: Given = { vms: 0, cpus: 0, memoryBytes: 0 };

/** By node, of the VMs that are there. */
export function sumByNode(rows: readonly Row[]): ReadonlyMap<string, Given> {
  const sums = new Map<string, Given>();
  for (const { node, cpu, memoryBytes } of rows) {
    if (node === "") continue;
    const sum = sums.get(node) ?? NOTHING_GIVEN;
    sums.set(node, {
      vms: sum.vms + 1,
      cpus: sum.cpus + (cpu ?? 0),
      memoryBytes: sum.memoryBytes + (memoryBytes ?? 0),
    });
  }
  return sums;
}

/** A part of a whole as a share from 0 on; 0 where the whole is not known. */
export function shareOf(part: number, whole: Parameters<typeof parseQuantity>[0]): number {
  const all = parseQuantity(whole);
  return all > 0 ? part / all : 0;
}
