/**
 * The list as a grid that has only those rows in the document that are on the screen, and the one
 * with the focus. Arrow keys, Page Up and Down, Home and End go through the rows, arrows to the
 * side through what is in one; Space selects, Enter opens.
 */
import { useVirtualizer, type VirtualItem, type Virtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, startTransition, useEffect, useRef, useState } from "react";
import type { Row } from "../../model/row.ts";
import type { Order, SortKey } from "../../model/sort.ts";
import { useTranslation } from "../../text/hook.ts";
import { TableHead } from "./TableHead.tsx";
import { leastWidth, styles } from "./tableStyle.ts";
import { type GridKeys, useGridKeys } from "./useGridKeys.ts";
import { type Scroller, useScroller } from "./useScroller.ts";
import type { Selection } from "./useSelection.ts";
import { VmLine } from "./VmLine.tsx";

export interface VmTableProps {
  readonly rows: readonly Row[];
  readonly columns: readonly SortKey[];
  /** One column for all, on small screens. */
  readonly narrow: boolean;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
  readonly selection: Selection;
}

const LINE_HEIGHT = 54;
const OVERSCAN = 8;
/** Rows that nobody sees yet are drawn when those that one sees are there. */
const OVERSCAN_MILLISECONDS = 100;
const NARROW = ["name"] as const;

export function VmTable(props: VmTableProps) {
  const { rows, narrow, order, onOrder, selection } = props;
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const scroller = useScroller(box, !narrow);
  const grid = useGridKeys(rows, selection);
  const virtualizer = useLines(rows, scroller, grid, narrow);
  const columns = narrow ? NARROW : props.columns;
  const height: CSSProperties = scroller.height === null ? {} : { maxBlockSize: scroller.height };
  return (
    <div ref={box} className={narrow ? undefined : "vms-box"} style={height}>
      <table
        ref={grid.table}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: as the ARIA guide has it
        role="grid"
        style={narrow ? undefined : { minInlineSize: `${leastWidth(columns)}rem` }}
        className={`${styles.table} vms-table`}
        aria-label={t("Virtual machines")}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length + 2}
        aria-multiselectable
        onKeyDown={grid.onKeyDown}
        onFocus={grid.onFocus}
        onBlur={grid.onBlur}
      >
        <TableHead {...{ columns, order, onOrder, selection, count: rows.length }} />
        <tbody className={styles.tbody}>
          {spread(virtualizer, scroller.margin).map((each) =>
            typeof each === "string" ? (
              <Gap key={each} name={each} />
            ) : (
              <VmLine
                key={each.key}
                measure={virtualizer.measureElement}
                row={rows[each.index] as Row}
                index={each.index}
                active={grid.active === each.index}
                selected={selection.has(rows[each.index]?.key ?? "")}
                columns={columns}
                narrow={narrow}
                onToggle={selection.toggle}
              />
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Which rows are in the document. */
function useLines(rows: readonly Row[], scroller: Scroller, grid: GridKeys, narrow: boolean) {
  const overscan = useOverscan();
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.element,
    estimateSize: () => LINE_HEIGHT,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan,
    scrollMargin: scroller.margin,
    // below the headings, which stay
    scrollPaddingStart: narrow ? 0 : LINE_HEIGHT,
    rangeExtractor: ({ startIndex, endIndex, overscan, count }) =>
      grid.keep(Math.max(startIndex - overscan, 0), Math.min(endIndex + overscan, count - 1)),
  });
  grid.scroll.current = (index) => virtualizer.scrollToIndex(index);
  return virtualizer;
}

function useOverscan(): number {
  const [overscan, setOverscan] = useState(0);
  useEffect(() => {
    const widen = () => startTransition(() => setOverscan(OVERSCAN));
    const timer = setTimeout(widen, OVERSCAN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, []);
  return overscan;
}

/** Rows that are not in the document, as one empty row of their height: "name:pixels". */
function Gap({ name }: { readonly name: string }) {
  const blockSize = Number(name.slice(name.lastIndexOf(":") + 1));
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: it is no row, and nothing focuses it
    <tr aria-hidden="true">
      <td className="vms-gap" style={{ blockSize }} />
    </tr>
  );
}

/** The rows and the gaps between them. */
function spread(virtualizer: Virtualizer<HTMLElement, Element>, margin: number) {
  const rows: (VirtualItem | string)[] = [];
  const total = virtualizer.getTotalSize() + margin;
  let end = margin;
  for (const item of virtualizer.getVirtualItems()) {
    if (item.start > end) rows.push(`before ${item.key}:${item.start - end}`);
    rows.push(item);
    end = item.end;
  }
  if (total > end) rows.push(`after:${total - end}`);
  return rows;
}
