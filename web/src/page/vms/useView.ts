/** What of the list is shown, and how: all in the URL, but for the columns. */
import {
  type RefObject,
  useCallback,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { useQuery } from "../../app/query.ts";
import { fitColumns, formatColumns, parseColumns, toggleColumn } from "../../model/column.ts";
import { LONGEST_FILTER, parseFilter } from "../../model/filter.ts";
import type { Row } from "../../model/row.ts";
import { formatOrder, type Order, parseOrder, Sorter, type SortKey } from "../../model/sort.ts";
import { readNow, subscribeMinute } from "../../part/clock.ts";
import { useTranslation } from "../../text/hook.ts";
import { leastWidth } from "./tableStyle.ts";

const COLUMNS_KEY = "virtpod.vms.columns";

export interface View {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly order: Order;
  readonly setOrder: (order: Order) => void;
  readonly tiles: boolean;
  readonly setTiles: (tiles: boolean) => void;
}

export function useView(): View {
  const [params, change] = useQuery();
  const text = (params.get("q") ?? "").slice(0, LONGEST_FILTER);
  const sort = params.get("sort");
  const order = useMemo(() => parseOrder(sort), [sort]);
  return {
    text,
    order,
    tiles: params.get("view") === "tiles",
    setText: (q) => change({ q }),
    setOrder: (next) => change({ sort: formatOrder(next) }),
    setTiles: (tiles) => change({ view: tiles ? "tiles" : null }),
  };
}

/** The rows that the filter lets through, in their order. */
export function useVisible(rows: readonly Row[], text: string, order: Order): readonly Row[] {
  const { t } = useTranslation();
  const filter = useMemo(() => parseFilter(text, t), [text, t]);
  const now = useSyncExternalStore(subscribeMinute, readNow);
  const [sorter] = useState(() => new Sorter());
  return useMemo(() => {
    const chosen = filter.empty ? rows : rows.filter((row) => filter.accepts(row, now));
    return sorter.sort(chosen, order);
  }, [rows, filter, order, now, sorter]);
}

/**
 * The columns: what was chosen is remembered in this browser; before that, as many as there is room
 * for, in rem, not counting those that are not shown here.
 */
export function useColumns(
  room: number,
  isShown: (column: SortKey) => boolean,
): [readonly SortKey[], (column: SortKey) => void] {
  const [chosen, setChosen] = useState(() => {
    const text = recall();
    return text === null ? null : parseColumns(text);
  });
  const columns = useMemo(
    () => chosen ?? fitColumns(room, (each) => leastWidth(each.filter(isShown))),
    [chosen, room, isShown],
  );
  const toggle = useCallback(
    (column: SortKey) => {
      const after = toggleColumn(columns, column);
      remember(formatColumns(after));
      setChosen(after);
    },
    [columns],
  );
  return [columns, toggle];
}

/** The width in rem of an element that is as wide as the list. */
export function useRoom(): [RefObject<HTMLDivElement | null>, number] {
  const ruler = useRef<HTMLDivElement>(null);
  const [room, setRoom] = useState(Number.POSITIVE_INFINITY);
  useLayoutEffect(() => {
    const element = ruler.current;
    if (element === null) return;
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const measure = () => setRoom(element.clientWidth / rem);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ruler, room];
}

// Where storage is forbidden the choice lasts as long as the page.
function recall(): string | null {
  try {
    return localStorage.getItem(COLUMNS_KEY);
  } catch {
    return null;
  }
}

function remember(text: string): void {
  try {
    localStorage.setItem(COLUMNS_KEY, text);
  } catch {
    // see recall
  }
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const list = useMemo(() => matchMedia(query), [query]);
  const subscribe = useCallback(
    (changed: () => void) => {
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    [list],
  );
  return useSyncExternalStore(subscribe, () => list.matches);
}
