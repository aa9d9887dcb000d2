/** Lines of a chart, as an SVG path has them. Pure. */

export interface Point {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Null is a gap. */
  readonly value: number | null;
}

export interface Scale {
  readonly width: number;
  readonly height: number;
  readonly from: number;
  readonly to: number;
  /** The value at the upper edge; zero is at the lower one. */
  readonly top: number;
}

const GAP_MS = 15_000;

/** The `d` of a path; a point without a neighbour is a short stroke, so that it is seen. */
export function drawLine(points: readonly Point[], scale: Scale): string {
  const parts: string[] = [];
  let last: Point | undefined;
  for (const point of points) {
    const { time, value } = point;
    if (value === null || time < scale.from) {
      last = undefined;
      continue;
    }
    const place = `${round(x(time, scale))} ${round(y(value, scale))}`;
    const joined = last !== undefined && time - last.time <= GAP_MS;
    parts.push(joined ? `L${place}` : `M${place}h0.5`);
    last = point;
  }
  return parts.join("");
}

function x(time: number, { width, from, to }: Scale): number {
  return to > from ? ((time - from) / (to - from)) * width : 0;
}

function y(value: number, { height, top }: Scale): number {
  return height - Math.min(1, Math.max(0, value / top)) * height;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A round number that is not below any of the values: 1, 2 or 5 times a power of the base. */
export function chooseTop(values: readonly (number | null)[], least: number, base: 2 | 10): number {
  const highest = values.reduce<number>((most, each) => Math.max(most, each ?? 0), least);
  if (base === 2) return 2 ** Math.ceil(Math.log2(highest));
  const power = 10 ** Math.floor(Math.log10(highest));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= highest) ?? highest;
}

/** The last, and the highest value that are known. */
export function summarize(points: readonly Point[]): {
  last: number | null;
  highest: number | null;
} {
  const values = points.map((each) => each.value).filter((each) => each !== null);
  return {
    last: values.at(-1) ?? null,
    highest: values.length === 0 ? null : Math.max(...values),
  };
}
