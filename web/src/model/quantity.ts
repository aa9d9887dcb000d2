/** Kubernetes' quantities, and sizes as people read them. */
import type { Quantity } from "./kubevirt.ts";

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const FORM = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]))?$/;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** The number that a quantity means (resource.Quantity); NaN for what is none. */
export function parseQuantity(quantity: Quantity | undefined): number {
  if (quantity === undefined) return Number.NaN;
  if (typeof quantity === "number") return quantity;
  const found = FORM.exec(quantity.trim());
  if (found === null) return Number.NaN;
  const [, number, exponent = "", suffix = ""] = found;
  return Number(`${number}${exponent}`) * (FACTORS[suffix] ?? Number.NaN);
}

/** The sum of the quantities that are numbers. */
export function addQuantities(quantities: Iterable<Quantity | undefined>): number {
  let sum = 0;
  for (const each of quantities) {
    const number = parseQuantity(each);
    if (!Number.isNaN(number)) sum += number;
  }
  return sum;
}

/** Bytes with at most one decimal, in the language's numbers: "1.5 GiB"; NaN is "". */
export function formatBytes(bytes: number, language: string): string {
  if (Number.isNaN(bytes)) return "";
  let [value, unit] = [bytes, 0];
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${formatNumber(value, language)} ${UNITS[unit]}`;
}

/** Making one takes longer than thousands of uses. */
const formats = new Map<string, Intl.NumberFormat>();

/** A number with at most one decimal; NaN is "". */
export function formatNumber(value: number, language: string): string {
  if (Number.isNaN(value)) return "";
  let format = formats.get(language);
  if (format === undefined) {
    format = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
    formats.set(language, format);
  }
  return format.format(value);
}
