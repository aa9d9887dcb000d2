/**
 * Thousands of lines as text that can be selected and read: in blocks, so that a new line draws the
 * last block alone, and those out of sight are not laid out.
 */
import { memo, type RefObject, useEffect, useMemo, useRef } from "react";
import { type Hit, type LogLine, leadsUp, type Move, splitLine } from "../../model/log.ts";
import { useTranslation } from "../../text/hook.ts";

const BLOCK_LINES = 100;
/** How far from its end a log still counts as being at it, in pixels. */
const NEAR = 24;
/** How long after a wheel, a key or a touch a movement is the user's. */
const WISH_MS = 1_000;

export interface LogViewProps {
  readonly lines: readonly LogLine[];
  readonly hits: readonly Hit[];
  /** Which of the hits is looked at; -1 for none. */
  readonly current: number;
  /** Keep the end in sight. */
  readonly follow: boolean;
  readonly times: boolean;
  /** The user scrolled away from the end, or to it. */
  readonly onFollow: (follow: boolean) => void;
}

export function LogView(props: LogViewProps) {
  const { lines, hits, current, times } = props;
  const { t, i18n } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const blocks = useMemo(() => splitBlocks(lines, hits), [lines, hits]);
  const { mean, scrolled } = useEnd(place, props);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search has other hits
  useEffect(() => {
    place.current?.querySelector("mark[aria-current]")?.scrollIntoView({ block: "center" });
  }, [current, hits.length > 0 && hits[0]?.start]);
  return (
    <section
      ref={place}
      className="vp-log"
      aria-label={t("Log of the serial console")}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
      tabIndex={0}
      dir="ltr"
      onScroll={scrolled}
      onWheel={mean}
      onTouchMove={mean}
      onKeyDown={mean}
      onPointerDown={mean}
      onPointerMove={(event) => event.buttons > 0 && mean(event)}
    >
      {blocks.map((each) => (
        <Block
          key={each.key}
          block={each}
          current={owns(each, current) ? current : -1}
          language={times ? i18n.language : ""}
        />
      ))}
    </section>
  );
}

/** Keeps the end in sight; hears from the user alone that it should, or should not. */
function useEnd(place: RefObject<HTMLDivElement | null>, props: LogViewProps) {
  const { lines, current, follow, onFollow } = props;
  const meant = useRef({ at: Number.NEGATIVE_INFINITY, up: false });
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines move the end
  useEffect(() => {
    const box = place.current;
    if (follow && box !== null) box.scrollTop = box.scrollHeight;
  }, [place, follow, lines]);
  const mean = (move: Move) => {
    const up = leadsUp(move);
    meant.current = { at: performance.now(), up };
    // at once: a line that comes before the box has moved would bring back its end
    if (up && follow && (place.current?.scrollTop ?? 0) > 0) onFollow(false);
  };
  const scrolled = () => {
    const box = place.current;
    if (box === null) return;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    // what is laid out late moves the end as well: that is nobody's wish
    const { at, up } = meant.current;
    const wished = performance.now() - at < WISH_MS;
    if (!atEnd && follow && wished) onFollow(false);
    if (!atEnd && follow && !wished) box.scrollTop = box.scrollHeight;
    if (atEnd && !follow && wished && !up && current < 0) onFollow(true);
  };
  return { mean, scrolled };
}

interface LogBlock {
  readonly key: number;
  readonly lines: readonly LogLine[];
  /** By line of the block. */
  readonly hits: ReadonlyMap<number, readonly Hit[]>;
  /** Number of its first hit, and how many there are. */
  readonly first: number;
  readonly count: number;
}

function owns({ first, count }: LogBlock, hit: number): boolean {
  return hit >= first && hit < first + count;
}

function splitBlocks(lines: readonly LogLine[], hits: readonly Hit[]): LogBlock[] {
  const blocks: LogBlock[] = [];
  let at = 0;
  for (let from = 0; from < lines.length; ) {
    const key = Math.floor((lines[from]?.number ?? 0) / BLOCK_LINES);
    let to = from;
    while (to < lines.length && Math.floor((lines[to]?.number ?? 0) / BLOCK_LINES) === key) to += 1;
    const first = at;
    const own = new Map<number, Hit[]>();
    for (let hit = hits[at]; hit !== undefined && hit.line < to; hit = hits[at]) {
      own.set(hit.line - from, [...(own.get(hit.line - from) ?? []), hit]);
      at += 1;
    }
    blocks.push({ key, lines: lines.slice(from, to), hits: own, first, count: at - first });
    from = to;
  }
  return blocks;
}

interface BlockProps {
  readonly block: LogBlock;
  readonly current: number;
  /** Language of the times; "" for no times. */
  readonly language: string;
}

const Block = memo(function Block({ block, current, language }: BlockProps) {
  let number = block.first;
  return (
    <div className="vp-log-block">
      {block.lines.map((line, index) => {
        const hits = block.hits.get(index) ?? [];
        const first = number;
        number += hits.length;
        return (
          <div key={line.number} className="vp-log-line">
            {language !== "" && line.time !== "" && (
              <time className="vp-log-time" dateTime={line.time}>
                {formatTime(line.time, language)}
              </time>
            )}
            {hits.length === 0 ? (
              line.text
            ) : (
              <Marked text={line.text} hits={hits} first={first} current={current} />
            )}
            {"\n"}
          </div>
        );
      })}
    </div>
  );
}, isSameBlock);

function isSameBlock(one: BlockProps, other: BlockProps): boolean {
  const [a, b] = [one.block, other.block];
  return (
    one.current === other.current &&
    one.language === other.language &&
    a.count === 0 &&
    b.count === 0 &&
    a.lines.length === b.lines.length &&
    a.lines[0] === b.lines[0]
  );
}

interface MarkedProps {
  readonly text: string;
  readonly hits: readonly Hit[];
  readonly first: number;
  readonly current: number;
}

function Marked({ text, hits, first, current }: MarkedProps) {
  return splitLine(text, hits, first).map((part, index) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of a line have nothing else
    if (part.hit === null) return <span key={index}>{part.text}</span>;
    return (
      <mark key={part.hit} aria-current={part.hit === current ? "true" : undefined}>
        {part.text}
      </mark>
    );
  });
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatTime(time: string, language: string): string {
  let format = formats.get(language);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language, {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      fractionalSecondDigits: 3,
      hourCycle: "h23",
    });
    formats.set(language, format);
  }
  return format.format(new Date(time));
}
