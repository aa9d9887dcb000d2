/** Times as people read them. Pure: now and the language are arguments. */

const STEPS: readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

const relative = new Map<string, Intl.RelativeTimeFormat>();
const exact = new Map<string, Intl.DateTimeFormat>();
const durations = new Map<string, Intl.NumberFormat>();

function take<F>(cache: Map<string, F>, language: string, make: () => F): F {
  const found = cache.get(language) ?? make();
  cache.set(language, found);
  return found;
}

/** "3 minutes ago", "now", "in 2 hours"; `now` in milliseconds as Date.now() has it. */
export function formatSince(moment: Date, now: number, language: string): string {
  const format = take(
    relative,
    language,
    () => new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" }),
  );
  const seconds = Math.round((moment.getTime() - now) / 1000);
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  // Seconds change faster than they are drawn.
  if (unit === "second" && Math.abs(seconds) < 10) return format.format(0, "second");
  return format.format(Math.trunc(seconds / size), unit);
}

/** Date and time with seconds and the zone, in the zone of the browser. */
export function formatExact(moment: Date, language: string): string {
  return take(
    exact,
    language,
    () =>
      new Intl.DateTimeFormat(language, {
        year: "numeric",
        month: "short",
        day: "numeric",
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
        timeZoneName: "short",
      }),
  ).format(moment);
}

/** How long something took: "0.4 s", "12 s", "3 min", "2 h"; of milliseconds. */
export function formatDuration(milliseconds: number, language: string): string {
  const seconds = milliseconds / 1000;
  const [unit, size] =
    seconds < 100 ? ["second", 1] : seconds < 6000 ? ["minute", 60] : ["hour", 3600];
  const digits = seconds < 10 ? 1 : 0;
  const key = `${language} ${unit} ${digits}`;
  return take(
    durations,
    key,
    () =>
      new Intl.NumberFormat(language, {
        style: "unit",
        unit: unit as string,
        maximumFractionDigits: digits,
      }),
  ).format(seconds / (size as number));
}
