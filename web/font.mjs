/**
 * Makes the text font small: a face with what most people's names and sentences are written with,
 * for the letters of Western Europe, before the whole font, which browsers load for other letters.
 * Weights that no style sheet names go, too; what is left looks the same to the pixel.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import subsetFont from "subset-font";

/** ASCII, Latin-1, and the signs of the texts, as fonts on the web are commonly cut. */
const RANGES = [
  [0x20, 0x7e],
  [0xa0, 0xff],
  [0x131, 0x131],
  [0x152, 0x153],
  [0x2bb, 0x2bc],
  [0x2c6, 0x2c6],
  [0x2da, 0x2da],
  [0x2dc, 0x2dc],
  [0x2000, 0x206f],
  [0x20ac, 0x20ac],
  [0x2122, 0x2122],
  [0x2190, 0x2193],
  [0x2212, 0x2212],
  [0x2215, 0x2215],
];
/** Those that browsers use unasked, and the figures of one width that PatternFly asks for. */
const FEATURES = ["calt", "ccmp", "kern", "liga", "locl", "mark", "mkmk", "rlig", "tnum"];
/** Whose it is, its licence, and where that stands. */
const NAMES = [0, 13, 14];
const CUT = "?western";

/** @type {import("esbuild").Plugin} */
export const smallFont = {
  name: "small-font",
  setup(esbuild) {
    esbuild.onResolve({ filter: /\.woff2\?western$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.slice(0, -CUT.length)),
      namespace: CUT,
    }));
    esbuild.onLoad({ filter: /.*/, namespace: CUT }, async ({ path }) => ({
      contents: await cutFont(await readFile(path)),
      loader: "file",
      resolveDir: dirname(path),
    }));
  },
};

/** The rule of a font's face, and after it the same with fewer letters, which is preferred. */
export function addSmallFace(rule) {
  const range = RANGES.map(([first, last]) =>
    first === last ? spell(first) : `${spell(first)}-${last.toString(16).toUpperCase()}`,
  );
  const small = rule
    .replace(/(\.woff2)(?=["')])/, `$1${CUT}`)
    .replace(/\}$/, `unicode-range: ${range.join(", ")}; }`);
  return `${rule}\n${small}`;
}

const spell = (code) => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;

/** @param {Buffer} font with an axis of weights; the same font always gives the same bytes */
export function cutFont(font) {
  const letters = RANGES.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, at) => String.fromCodePoint(first + at)),
  );
  return subsetFont(font, letters.join(""), {
    targetFormat: "woff2",
    keepFeatures: FEATURES,
    preserveNameIds: NAMES,
    // as base.css declares them
    variationAxes: { wght: { min: 400, max: 600 } },
  });
}
