/** The VMs as tiles with their screens; only those rows of tiles are there that can be seen. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useApi } from "../../data/context.tsx";
import type { Row } from "../../model/row.ts";
import { useTranslation } from "../../text/hook.ts";
import { Photographer } from "./screenshots.ts";
import { Tile } from "./Tile.tsx";
import { useScroller } from "./useScroller.ts";
import type { Selection } from "./useSelection.ts";
import "./tiles.css";

export interface TilesProps {
  readonly rows: readonly Row[];
  readonly selection: Selection;
}

const LEAST_WIDTH = 256;
const GAP = 16;
const HEIGHT = 300;

export default function Tiles({ rows, selection }: TilesProps) {
  const { t } = useTranslation();
  const api = useApi();
  const photographer = useMemo(() => new Photographer(api), [api]);
  const box = useRef<HTMLDivElement>(null);
  const scroller = useScroller(box, false);
  const across = useAcross(box);
  const virtualizer = useVirtualizer({
    count: Math.ceil(rows.length / across),
    getScrollElement: () => scroller.element,
    estimateSize: () => HEIGHT,
    getItemKey: (index) => rows[index * across]?.key ?? index,
    overscan: 1,
    gap: GAP,
    scrollMargin: scroller.margin,
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: there are rows between it and its items
    <div
      ref={box}
      role="list"
      aria-label={t("Virtual machines")}
      className="vms-tiles"
      style={{ blockSize: virtualizer.getTotalSize() }}
    >
      {virtualizer.getVirtualItems().map((item) => (
        <div
          key={item.key}
          ref={virtualizer.measureElement}
          data-index={item.index}
          role="presentation"
          className="vms-tile-row"
          style={{
            insetBlockStart: item.start - scroller.margin,
            gridTemplateColumns: `repeat(${across}, minmax(0, 1fr))`,
          }}
        >
          {rows.slice(item.index * across, (item.index + 1) * across).map((row, at) => (
            <Tile
              key={row.key}
              row={row}
              place={item.index * across + at + 1}
              count={rows.length}
              selected={selection.has(row.key)}
              onToggle={selection.toggle}
              photographer={photographer}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

/** How many tiles fit beside each other. */
function useAcross(box: RefObject<HTMLElement | null>): number {
  const [across, setAcross] = useState(1);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const width = element.getBoundingClientRect().width;
      setAcross(Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP))));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return across;
}
