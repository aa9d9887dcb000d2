/** All rows of the list: VMs, and instances that belong to none; kept by two watches, or three. */
import { useEffect, useMemo, useState } from "react";
import type { ApiError } from "../../data/api.ts";
import { type LiveState, type LiveTable, useLiveTable } from "../../data/live.ts";
import { VMIS, VMS } from "../../data/resources.ts";
import { FROM_VM, isAlone, type Row, RowReader, rowKey, WITHOUT_VM } from "../../model/row.ts";
import { useWishBook } from "../../part/wishes.ts";

export interface Rows {
  readonly rows: readonly Row[];
  readonly state: LiveState;
  readonly error?: ApiError;
  /** Why the instances without a VM are missing, when only they are. */
  readonly partial?: ApiError;
}

const NONE: readonly Row[] = [];

/** Of more VMs all instances are not read only to find one that has lost its VM. */
const FEW = 500;

/** Without a namespace those of all. */
export function useRows(namespace: string | undefined): Rows {
  const vms = useLiveTable(VMS, { namespace });
  const vmis = useLiveTable(VMIS, { namespace, labelSelector: WITHOUT_VM });
  const vmRows = useKind("VirtualMachine", vms);
  const vmiRows = useKind("VirtualMachineInstance", vmis);
  const looks = (vms.state === "live" || vms.state === "stale") && vmRows.length <= FEW;
  const left = useLiveTable(looks ? VMIS : undefined, { namespace, labelSelector: FROM_VM });
  const leftRows = useKind("VirtualMachineInstance", left);
  const rows = useMemo(() => {
    // of those without the label, too: another controller may not write it
    const alone = [...vmiRows, ...leftRows].filter(isAlone);
    return alone.length === 0 ? vmRows : [...vmRows, ...alone];
  }, [vmRows, vmiRows, leftRows]);
  const read = looks ? [vms, vmis, left] : [vms, vmis];
  const isWhole = read.every(({ state }) => state === "live");
  useFulfilment(namespace, rows, isWhole);
  return { rows, ...join(vms, vmis) };
}

function useKind(kind: Row["kind"], { columns, rows }: LiveTable): readonly Row[] {
  const [reader] = useState(() => new RowReader(kind));
  return useMemo(
    () => (rows.length === 0 ? NONE : reader.read(columns, rows)),
    [reader, columns, rows],
  );
}

/** The list is shown as soon as the VMs are there; instances may be refused on their own. */
function join(vms: LiveTable, vmis: LiveTable): Omit<Rows, "rows"> {
  const { state, error } = vms;
  if (state !== "live") return { state, error };
  if (vmis.state === "refused") return { state, partial: vmis.error };
  if (vmis.state === "stale") return { state: "stale", error: vmis.error };
  return { state };
}

/** Wishes end by what the rows tell; one that is missing is gone, if it would be among these. */
function useFulfilment(namespace: string | undefined, rows: readonly Row[], live: boolean): void {
  const book = useWishBook();
  useEffect(() => {
    let byKey: Map<string, Row> | undefined;
    book.observe((key) => {
      byKey ??= new Map(rows.map((row) => [row.key, row]));
      const row = byKey.get(key);
      if (row !== undefined) return row;
      return live && isWithin(key, namespace) ? null : undefined;
    });
  }, [book, rows, namespace, live]);
}

function isWithin(key: string, namespace: string | undefined): boolean {
  if (namespace === undefined) return true;
  return (["VirtualMachine", "VirtualMachineInstance"] as const).some((kind) =>
    key.startsWith(rowKey(kind, namespace, "")),
  );
}
