/** The keyboard in the grid: one row can be reached by Tab, arrows lead to the others. */
import {
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from "react";
import { useGo, vmPath } from "../../app/query.ts";
import { moveFocus } from "../../model/focus.ts";
import type { Row } from "../../model/row.ts";
import type { Selection } from "./useSelection.ts";

export interface GridKeys {
  readonly table: RefObject<HTMLTableElement | null>;
  /** Set by the table: brings a row onto the screen. */
  readonly scroll: RefObject<(index: number) => void>;
  /** Index of the row that Tab leads to. */
  readonly active: number;
  /** The indexes from first to last, and the active one: it keeps the focus out of sight. */
  readonly keep: (first: number, last: number) => number[];
  readonly onKeyDown: (event: KeyboardEvent<HTMLTableElement>) => void;
  readonly onFocus: (event: FocusEvent<HTMLTableElement>) => void;
  readonly onBlur: (event: FocusEvent<HTMLTableElement>) => void;
}

const WIDGETS = "input, a[href], button";

export function useGridKeys(rows: readonly Row[], selection: Selection): GridKeys {
  const table = useRef<HTMLTableElement>(null);
  const scroll = useRef<(index: number) => void>(() => {});
  const go = useGo();
  const [key, setKey] = useState<string | null>(null);
  const active = useActive(rows, key);
  const wanted = useRef(false);
  const inside = useRef(false);
  useEffect(() => {
    // a row that went away takes the focus with it: the one in its place gets it
    if (inside.current && document.activeElement === document.body) wanted.current = true;
    const line = wanted.current ? findLine(table.current, active) : null;
    if (line === null) return;
    wanted.current = false;
    line.focus({ preventScroll: true });
  });
  const goTo = (index: number) => {
    wanted.current = true;
    scroll.current(index);
    setKey(rows[index]?.key ?? null);
    // already there: nothing is drawn anew
    if (index === active) findLine(table.current, index)?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    const line = readLine(event.target);
    const row = rows[active];
    if (line === null || row === undefined || event.altKey || event.metaKey) return;
    const page = countLines(table);
    const to = moveFocus({ key: event.key, count: rows.length, at: active, page });
    const act = to === null ? chooseAct(event, line, row, selection, go) : () => goTo(to);
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const onBlur = (event: FocusEvent<HTMLTableElement>) => {
    if (event.target.isConnected) inside.current = false;
  };
  const onFocus = (event: FocusEvent<HTMLTableElement>) => {
    inside.current = event.currentTarget.contains(event.target);
    const index = Number(readLine(event.target)?.dataset.index ?? Number.NaN);
    const row = rows[index];
    if (row !== undefined && row.key !== key) setKey(row.key);
  };
  const keep = (first: number, last: number) => keepWith(first, last, active, rows.length);
  return { table, scroll, active, keep, onKeyDown, onFocus, onBlur };
}

/** What a key does that does not lead to another row. */
function chooseAct(
  event: KeyboardEvent,
  line: HTMLElement,
  { key, namespace, name }: Row,
  selection: Selection,
  go: (to: string) => void,
): (() => void) | undefined {
  const onLine = event.target === line;
  if (event.key === "a" && event.ctrlKey) return () => selection.setAll(true);
  if (event.key === "ArrowRight" || event.key === "ArrowLeft") return () => step(line, event);
  if (event.key === "Escape" && !onLine) return () => line.focus();
  if (event.key === " " && onLine) return () => selection.toggle(key, event.shiftKey);
  if (event.key === "Enter" && onLine) return () => go(vmPath(namespace, name));
  return undefined;
}

/** The row with the key; when it is gone, the one that came into its place. */
function useActive(rows: readonly Row[], key: string | null): number {
  const last = useRef(0);
  const near = rows[last.current]?.key === key ? last.current : -1;
  const found = key === null ? 0 : near >= 0 ? near : rows.findIndex((row) => row.key === key);
  const active = found >= 0 ? found : Math.max(0, Math.min(last.current, rows.length - 1));
  last.current = active;
  return active;
}

function keepWith(first: number, last: number, active: number, count: number): number[] {
  const indexes = Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => first + at);
  if (active >= first && active <= last) return indexes;
  if (active >= count) return indexes;
  return active < first ? [active, ...indexes] : [...indexes, active];
}

/** The row that something is in; only of the body, and nothing of a menu that React puts there. */
function readLine(target: EventTarget): HTMLElement | null {
  if (!(target instanceof Element)) return null;
  const line = target.closest("tr[data-index]");
  return line instanceof HTMLElement ? line : null;
}

function findLine(table: HTMLTableElement | null, index: number): HTMLElement | null {
  return table?.querySelector<HTMLElement>(`tr[data-index="${index}"]`) ?? null;
}

function countLines(table: RefObject<HTMLTableElement | null>): number {
  const box = table.current?.parentElement;
  const line = table.current?.querySelector("tr[data-index]");
  const height = line?.getBoundingClientRect().height ?? 0;
  const room = Math.min(box?.clientHeight ?? 0, innerHeight);
  return height === 0 ? 1 : Math.max(1, Math.floor(room / height) - 2);
}

/** To the next thing in the row, or back; before the first is the row itself. */
function step(line: HTMLElement, event: KeyboardEvent): void {
  const forward = (event.key === "ArrowRight") === (getComputedStyle(line).direction === "ltr");
  const stops = [line, ...line.querySelectorAll<HTMLElement>(WIDGETS)];
  const at = stops.indexOf(event.target as HTMLElement);
  const to = Math.min(Math.max(at + (forward ? 1 : -1), 0), stops.length - 1);
  stops[to]?.focus();
}
