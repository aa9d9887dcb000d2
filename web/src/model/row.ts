/**
 * One line of the list of VMs, read from what the API server computes for `kubectl get -o wide`.
 *
 * VirtualMachines and VirtualMachineInstances have other columns; both become a Row. Columns are
 * found by name: a KubeVirt that prints fewer leaves fields empty.
 */
import type { KubeObject, OwnerReference, TableColumn, TableRow } from "../data/api.ts";
import { parseQuantity } from "./quantity.ts";

export type RowKind = "VirtualMachine" | "VirtualMachineInstance";

export interface Row {
  /** kind/namespace/name: the same as long as the object has this name. */
  readonly key: string;
  readonly kind: RowKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** printableStatus of a VM, phase of an instance (Paused when it is); "" when none was written. */
  readonly status: string;
  /** True, False, Unknown or "". */
  readonly ready: string;
  readonly paused: boolean;
  readonly node: string;
  readonly ip: string;
  readonly cpu: number | null;
  /** As the API writes it, such as 2Gi. */
  readonly memory: string;
  readonly memoryBytes: number | null;
  readonly instancetype: string;
  readonly reason: string;
  /** Milliseconds since 1970; null when the API did not say. */
  readonly created: number | null;
  readonly deleting: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** What keeps the object, such as a VirtualMachineInstanceReplicaSet. */
  readonly owner: { readonly kind: string; readonly name: string } | null;
}

/**
 * Selects the instances that were never a VM's: the controller puts the label on each that it makes
 * for one.
 */
export const WITHOUT_VM = "!vm.kubevirt.io/name";

/** The others: those of VMs, and those whose VM was deleted with --cascade=orphan. */
export const FROM_VM = "vm.kubevirt.io/name";

/** Who an instance is left to: nobody selects by owners, so they are looked at one by one. */
export function isAlone({ owner }: Row): boolean {
  return owner?.kind !== "VirtualMachine";
}

/** The key of a Row, without one. */
export function rowKey(kind: RowKind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}

/** Makes rows; a line of the table that is the same object gives the same Row. */
export class RowReader {
  readonly #kind: RowKind;
  #columns: readonly TableColumn[] | undefined;
  #indexes: ReadonlyMap<string, number> = new Map();
  #known = new WeakMap<TableRow, Row>();

  constructor(kind: RowKind) {
    this.#kind = kind;
  }

  read(columns: readonly TableColumn[], rows: readonly TableRow[]): Row[] {
    if (columns !== this.#columns) {
      this.#columns = columns;
      this.#indexes = new Map(columns.map((column, at) => [column.name.toLowerCase(), at]));
      this.#known = new WeakMap();
    }
    return rows.map((row) => this.#readOne(row));
  }

  #readOne(source: TableRow): Row {
    const known = this.#known.get(source);
    if (known !== undefined) return known;
    const made = buildRow(this.#kind, this.#indexes, source);
    this.#known.set(source, made);
    return made;
  }
}

function buildRow(kind: RowKind, indexes: ReadonlyMap<string, number>, source: TableRow): Row {
  const cell = (name: string) => toText(source.cells[indexes.get(name) ?? -1]);
  const { metadata } = source.object;
  const namespace = metadata.namespace ?? "";
  const memory = cell("memory");
  return {
    key: rowKey(kind, namespace, metadata.name),
    kind,
    namespace,
    name: metadata.name,
    uid: metadata.uid ?? "",
    ...readState(kind, cell, source.object),
    ready: cell("ready"),
    node: cell("node") || cell("nodename"),
    ip: cell("ip"),
    cpu: readQuantity(cell("cpu")),
    memory,
    memoryBytes: readQuantity(memory),
    instancetype: cell("instancetype"),
    reason: cell("reason"),
    created: readTime(metadata.creationTimestamp),
    labels: metadata.labels ?? {},
    owner: findOwner(metadata.ownerReferences),
  };
}

function readState(kind: RowKind, cell: (name: string) => string, object: KubeObject) {
  const deleting = object.metadata.deletionTimestamp !== undefined;
  if (kind === "VirtualMachine") {
    const status = cell("status");
    return { status, paused: status === "Paused", deleting };
  }
  const phase = cell("phase");
  const paused = cell("paused") === "True" && phase === "Running";
  return { status: paused ? "Paused" : phase, paused, deleting };
}

function readQuantity(text: string): number | null {
  const number = parseQuantity(text);
  return Number.isNaN(number) ? null : number;
}

function readTime(text: string | undefined): number | null {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? null : time;
}

function findOwner(references: readonly OwnerReference[] | undefined): Row["owner"] {
  const controller = references?.find((reference) => reference.controller === true);
  return controller === undefined ? null : { kind: controller.kind, name: controller.name };
}

/** A cell as text; the API server writes <none> where kubectl would. */
function toText(cell: unknown): string {
  if (cell === null || cell === undefined || cell === "<none>") return "";
  return typeof cell === "string" ? cell : String(cell);
}
