/** A small chart of the last ten minutes: drawn, in words, and as a table. */
import { ExpandableSection } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useId } from "react";
import { chooseTop, drawLine, type Point, type Scale, summarize } from "../../model/chart.ts";
import { WINDOW_SECONDS } from "../../model/sample.ts";
import { useTranslation } from "../../text/hook.ts";

const WIDTH = 600;
const HEIGHT = 120;
/** The table has one line for so many points, which is half a minute. */
const TABLE_STEP = 10;

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface ChartProps {
  readonly title: string;
  /** Two at most: the second is dashed. */
  readonly series: readonly Series[];
  /** The end of the time axis, in milliseconds since 1970. */
  readonly now: number;
  /** The value that the axis reaches at least. */
  readonly least: number;
  readonly base: 2 | 10;
  readonly format: (value: number) => string;
}

export function Chart(props: ChartProps) {
  const { title, series, format } = props;
  const { t } = useTranslation();
  const id = useId();
  return (
    <section className="vp-chart" aria-labelledby={id}>
      <h2 id={id} className="vp-chart-title">
        {title}
      </h2>
      <Drawing {...props} />
      <Legend series={series} format={format} />
      <ExpandableSection
        toggleText={t("As a table")}
        toggleAriaLabel={t("{{title}} as a table", { title })}
        isIndented
      >
        <ChartTable title={title} series={series} format={format} />
      </ExpandableSection>
    </section>
  );
}

/** Time runs from left to right, however the page is written. */
function Drawing({ title, series, now, least, base, format }: ChartProps) {
  const { t } = useTranslation();
  const values = series.flatMap((each) => each.points.map((point) => point.value));
  const top = chooseTop(values, least, base);
  const from = now - WINDOW_SECONDS * 1000;
  const scale: Scale = { width: WIDTH, height: HEIGHT, from, to: now, top };
  const words = series.map((each) => describe(each, format, t)).join(" ");
  return (
    <div className="vp-chart-box" dir="ltr">
      <span className="vp-chart-top" aria-hidden="true">
        {format(top)}
      </span>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}. ${words}`}
      >
        {[0, HEIGHT / 2, HEIGHT].map((y) => (
          <line key={y} className="vp-chart-grid" x1={0} x2={WIDTH} y1={y} y2={y} />
        ))}
        {series.map(({ name, points }, index) => (
          <path key={name} className={`vp-chart-line-${index}`} d={drawLine(points, scale)} />
        ))}
      </svg>
      <div className="vp-chart-times" aria-hidden="true">
        <span>{t("10 minutes ago")}</span>
        <span>{t("now")}</span>
      </div>
    </div>
  );
}

function Legend({ series, format }: Pick<ChartProps, "series" | "format">) {
  return (
    <ul className="vp-chart-legend">
      {series.map((each, index) => (
        <li key={each.name}>
          <svg viewBox="0 0 24 6" className="vp-chart-key" aria-hidden="true">
            <path className={`vp-chart-line-${index}`} d="M0 3H24" />
          </svg>
          <span>{each.name}:</span> <strong>{tell(summarize(each.points).last, format)}</strong>
        </li>
      ))}
    </ul>
  );
}

function tell(value: number | null, format: (value: number) => string): string {
  return value === null ? "–" : format(value);
}

type Translate = (key: string, values: Record<string, string>) => string;

function describe(
  { name, points }: Series,
  format: (value: number) => string,
  t: Translate,
): string {
  const { last, highest } = summarize(points);
  if (last === null || highest === null) return t("{{name}}: not known yet.", { name });
  return t("{{name}}: now {{last}}, at most {{highest}}.", {
    name,
    last: format(last),
    highest: format(highest),
  });
}

function ChartTable({ title, series, format }: Pick<ChartProps, "title" | "series" | "format">) {
  const { t, i18n } = useTranslation();
  const times = new Intl.DateTimeFormat(i18n.language, { timeStyle: "medium" });
  const points = series[0]?.points ?? [];
  const rows = points
    .map((point, index) => ({ time: point.time, index }))
    .filter(({ index }) => (points.length - 1 - index) % TABLE_STEP === 0)
    .reverse();
  return (
    <Table aria-label={title} variant="compact" borders={false} gridBreakPoint="">
      <Thead>
        <Tr>
          <Th>{t("Time")}</Th>
          {series.map((each) => (
            <Th key={each.name}>{each.name}</Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map(({ time, index }) => (
          <Tr key={time}>
            <Td>{times.format(time)}</Td>
            {series.map((each) => (
              <Td key={each.name}>{tell(each.points[index]?.value ?? null, format)}</Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
