/**
 * Takes properties of PatternFly's (--pf-…) out of style sheets where nothing asks for their value:
 * a fifth of base.css is such, and each element of a page inherits them all.
 */
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";

const ASKED = /var\(\s*(--pf-[\w-]+)/g;
/** In the pages' sources a name stands as it is, or without its beginning, which code adds. */
const NAMED = /--pf-[\w-]+|(?<=["'`])[a-z0-9]+(?:-[a-z0-9]+)*(?:--[a-z0-9-]+)+(?=["'`])/g;
const GLOBAL = "--pf-t--global--";

/**
 * @param {string} root folder with src/ @param {(text: string) => string} thinOut what sheets lose
 * @returns {Promise<Map<string, Set<string>>>} names that are asked for, by who asks; the key of the
 *   pages' own sources is "src"
 */
export async function listAsked(root, thinOut) {
  const asked = new Map();
  const sheets = join(root, "node_modules/@patternfly/react-styles/css");
  for (const path of await listFiles(sheets, [".css"])) {
    asked.set(path, findNames(thinOut(await readFile(path, "utf8")), ASKED));
  }
  const sources = await listFiles(join(root, "src"), [".css", ".ts", ".tsx"]);
  const texts = await Promise.all(sources.map((path) => readFile(path, "utf8")));
  return asked.set("src", findNames(texts.join("\n"), NAMED));
}

/**
 * A sheet without the properties that neither it nor another asks for.
 * @param {string} text @param {ReadonlyMap<string, ReadonlySet<string>>} asked
 * @param {string} path where the sheet stands in `asked`, if it does
 */
export function pruneProperties(text, asked, path) {
  const others = new Set();
  for (const [each, names] of asked) {
    if (each !== path) for (const name of names) others.add(name);
  }
  for (;;) {
    const own = findNames(text, ASKED);
    const less = text.replace(/(--pf-[\w-]+)\s*:[^;{}]*(;|(?=\}))/g, (whole, name) =>
      own.has(name) || others.has(name) ? whole : "",
    );
    if (less === text) return text;
    text = less;
  }
}

function findNames(text, pattern) {
  const names = Array.from(text.matchAll(pattern), ([whole, name]) => name ?? whole);
  return new Set(names.map((each) => (each.startsWith("--") ? each : `${GLOBAL}${each}`)));
}

async function listFiles(folder, endings) {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => endings.includes(extname(name))).map((name) => join(folder, name));
}
