/** What was done with a VM's state: its snapshots, and its moves between nodes. Pure. */
import type { KubeObject } from "../data/api.ts";
import type {
  Condition,
  VirtualMachineInstanceMigration,
  VirtualMachineSnapshot,
} from "./kubevirt.ts";

/** No page shows more. */
const MOST = 500;

/** A VM's snapshots, the newest first. */
export function listSnapshots(
  snapshots: readonly VirtualMachineSnapshot[],
  name: string,
): readonly VirtualMachineSnapshot[] {
  return sortNewest(snapshots.filter(({ spec }) => spec?.source?.name === name));
}

/** A VM's moves, the newest first. */
export function listMigrations(
  migrations: readonly VirtualMachineInstanceMigration[],
  name: string,
): readonly VirtualMachineInstanceMigration[] {
  return sortNewest(migrations.filter(({ spec }) => spec?.vmiName === name));
}

function sortNewest<T extends KubeObject>(objects: readonly T[]): readonly T[] {
  const made = ({ metadata }: T) => metadata.creationTimestamp ?? "";
  return objects.toSorted((one, other) => (made(one) < made(other) ? 1 : -1)).slice(0, MOST);
}

/** What went wrong last with a snapshot; "" for nothing. */
export function explainSnapshot({ status }: VirtualMachineSnapshot): string {
  const { error, conditions = [] } = status ?? {};
  const failure = conditions.find((each) => each.type === "Failure" && each.status === "True");
  return error?.message || say(failure);
}

/** Why a move did not come about, or does not go on; "" for nothing. */
export function explainMigration({ status }: VirtualMachineInstanceMigration): string {
  const { migrationState, conditions = [] } = status ?? {};
  const told = conditions.find((each) => each.status === "True" && each.message);
  return migrationState?.failureReason || say(told);
}

/** A condition's sentence; some have only their reason. */
function say(condition: Condition | undefined): string {
  return condition?.message || condition?.reason || "";
}

/** A move's phase; of one that runs it is not the guest that is meant. */
export function readPhase({ status }: VirtualMachineInstanceMigration): string {
  const phase = status?.phase ?? "";
  return phase === "Running" ? "Migrating" : phase;
}
