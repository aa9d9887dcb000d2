/** What a feed holds, and what of it the page sees: a new value only when something changed. */
import {
  ApiError,
  type KubeObject,
  type List,
  type Table,
  type TableColumn,
  type TableRow,
  type WatchEvent,
} from "./api.ts";
import type { Live, LiveState, LiveTable } from "./live.ts";

export type Form = "list" | "table";
export type Shown = Live<KubeObject> | LiveTable;
type Item = KubeObject | TableRow;

/** More than a page can show, and than a browser should hold. */
const LIMIT = 50_000;

const NO_ITEMS: readonly never[] = [];

/** Changes are taken at once, and seen by `read` after `publish`. */
export class ShownList {
  readonly #form: Form;
  /** By namespace and name, in the API's order; what comes later is at the end. */
  #items = new Map<string, Item>();
  #columns: readonly TableColumn[] = NO_ITEMS;
  #state: LiveState = "loading";
  #error: ApiError | undefined;
  #published: Shown;
  #itemsChanged = false;
  #changed = false;

  constructor(form: Form) {
    this.#form = form;
    this.#published = form === "list" ? EMPTY_LIST : EMPTY_TABLE;
  }

  read(): Shown {
    return this.#published;
  }

  /** Says whether there is anything new to read. */
  publish(): boolean {
    if (!this.#changed) return false;
    this.#published = this.#build();
    this.#changed = false;
    this.#itemsChanged = false;
    return true;
  }

  /** Everything anew. What has not changed since it was listed last stays the same object. */
  replace(listed: List<KubeObject> | Table): void {
    const items: readonly Item[] = "rows" in listed ? listed.rows : listed.items;
    this.#checkSize(items.length);
    const next = new Map<string, Item>();
    for (const item of items) {
      const key = identify(item);
      const held = this.#items.get(key);
      next.set(key, held !== undefined && isSame(held, item) ? held : item);
    }
    if ("rows" in listed) this.#takeColumns(listed.columns);
    if (!isEqual(this.#items, next)) this.#touchItems();
    this.#items = next;
  }

  /** Takes one event of a watch; returns the version that it brings. */
  apply(event: WatchEvent<KubeObject>): string {
    if (event.type === "BOOKMARK") return event.resourceVersion;
    const { object } = event;
    const item = this.#form === "table" ? toRow(object as KubeObject & TableRow) : object;
    const key = identify(item);
    if (event.type === "DELETED") {
      if (this.#items.delete(key)) this.#touchItems();
    } else {
      const held = this.#items.get(key);
      if (held === undefined || !isSame(held, item)) {
        if (held === undefined) this.#checkSize(this.#items.size + 1);
        this.#items.set(key, item);
        this.#touchItems();
      }
    }
    return object.metadata.resourceVersion ?? "";
  }

  /** What was shown may not be shown any more when it is refused. */
  enter(state: LiveState, error?: ApiError): void {
    if (state === this.#state && error === this.#error) return;
    if (state === "refused" && this.#items.size > 0) {
      this.#items = new Map();
      this.#touchItems();
    }
    this.#state = state;
    this.#error = error;
    this.#changed = true;
  }

  get loaded(): boolean {
    return this.#state === "live" || this.#state === "stale";
  }

  #touchItems(): void {
    this.#itemsChanged = true;
    this.#changed = true;
  }

  #takeColumns(columns: readonly TableColumn[]): void {
    const names = (list: readonly TableColumn[]) => list.map(({ name }) => name).join("\n");
    if (names(columns) === names(this.#columns)) return;
    this.#columns = columns;
    this.#touchItems();
  }

  #checkSize(size: number): void {
    if (size <= LIMIT) return;
    throw new ApiError(413, `There are more than ${LIMIT}. Choose a namespace.`, "TooMany");
  }

  #build(): Shown {
    const [state, error] = [this.#state, this.#error];
    if (this.#form === "table") {
      const held = (this.#published as LiveTable).rows;
      const rows = this.#itemsChanged ? ([...this.#items.values()] as TableRow[]) : held;
      return { state, error, columns: this.#columns, rows };
    }
    const held = (this.#published as Live<KubeObject>).items;
    const items = this.#itemsChanged ? ([...this.#items.values()] as KubeObject[]) : held;
    return { state, error, items };
  }
}

const EMPTY_LIST: Live<KubeObject> = { state: "loading", items: NO_ITEMS };
const EMPTY_TABLE: LiveTable = { state: "loading", columns: NO_ITEMS, rows: NO_ITEMS };

function getMetadata(item: Item) {
  return "cells" in item ? item.object.metadata : item.metadata;
}

function identify(item: Item): string {
  const { namespace = "", name } = getMetadata(item);
  return `${namespace}/${name}`;
}

/** A version stands for one content of one object; an empty one says nothing. */
function isSame(one: Item, other: Item): boolean {
  const [a, b] = [getMetadata(one), getMetadata(other)];
  if (!a.resourceVersion) return false;
  return a.resourceVersion === b.resourceVersion && a.uid === b.uid;
}

function isEqual(one: ReadonlyMap<string, Item>, other: ReadonlyMap<string, Item>): boolean {
  if (one.size !== other.size) return false;
  const others = other.entries();
  for (const [key, item] of one) {
    const [otherKey, otherItem] = others.next().value ?? [];
    if (key !== otherKey || item !== otherItem) return false;
  }
  return true;
}

function toRow(object: KubeObject & TableRow): TableRow {
  return { cells: object.cells, object: object.object };
}
