/** Which rows are selected; those that are gone or filtered out do not count. */
import { useCallback, useMemo, useRef, useState } from "react";
import type { Row } from "../../model/row.ts";

export interface Selection {
  readonly has: (key: string) => boolean;
  readonly rows: readonly Row[];
  /** With `range`: all from the last one to this become as this becomes. */
  readonly toggle: (key: string, range?: boolean) => void;
  readonly setAll: (selected: boolean) => void;
}

const NONE: ReadonlySet<string> = new Set();

/** `visible` are the rows to choose from, in their order. */
export function useSelection(visible: readonly Row[]): Selection {
  const [keys, setKeys] = useState(NONE);
  const anchor = useRef<string | null>(null);
  const shown = useRef(visible);
  shown.current = visible;
  const toggle = useCallback((key: string, range = false) => {
    const from = range ? anchor.current : null;
    anchor.current = key;
    setKeys((before) => {
      const after = new Set(before);
      const select = !before.has(key);
      for (const each of listBetween(shown.current, from, key)) {
        if (select) after.add(each);
        else after.delete(each);
      }
      return after;
    });
  }, []);
  const setAll = useCallback((selected: boolean) => {
    setKeys(selected ? new Set(shown.current.map((row) => row.key)) : NONE);
  }, []);
  const has = useCallback((key: string) => keys.has(key), [keys]);
  const rows = useMemo(
    () => (keys.size === 0 ? [] : visible.filter((row) => keys.has(row.key))),
    [keys, visible],
  );
  return { has, rows, toggle, setAll };
}

function listBetween(rows: readonly Row[], from: string | null, to: string): readonly string[] {
  const ends = [from, to].map((key) => rows.findIndex((row) => row.key === key));
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  if (from === null || low < 0) return [to];
  return rows.slice(low, high + 1).map((row) => row.key);
}
