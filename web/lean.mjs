/**
 * Makes PatternFly's styles small. As they are, each page would load those of every component:
 * a bundler sees which code is used, but keeps all CSS that is imported anywhere.
 *
 * Here the styles of a component become a module beside its code. They are loaded with the first
 * page that uses the component, once, and adopted by the document (CSSOM: no inline styles for a
 * Content-Security-Policy to forbid). They lie in cascade layers, so that the pages' own CSS wins
 * whatever the order in which things were loaded.
 */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import { addSmallFace } from "./font.mjs";
import { listAsked, pruneProperties } from "./prune.mjs";
import { isUnused } from "./unused.mjs";

const root = dirname(fileURLToPath(import.meta.url));

const LAYERS = "@layer vp-base, vp-part;";
const ADOPT = "virtpod:adopt";

/** Themes that nobody can choose here. */
const UNUSED_THEME = /\.pf-v6-theme-(felt|glass)/;
/** The icon font of earlier versions, and decoration of theirs. */
const UNUSED_RULE = /pficon|pf-v6-icon-rh|legacy-font|m-thinking|ai-indicator/;
/** Looks that change with the width of the screen by a property: no page uses such (a test looks). */
const BY_WIDTH = /\.pf-m-(?!show-on)[\w-]+-on-(sm|md|lg|xl|2xl)\b/;
/** Of the fonts the upright text and code faces are kept; a heading is text, too. */
const KEPT_FONT = /RedHat(Text|Mono)VF\.woff2/;
const TEXT_FONT = /RedHatTextVF\.woff2/;

/** @type {import("esbuild").Plugin} */
export const leanStyles = {
  name: "lean-styles",
  setup(esbuild) {
    esbuild.onLoad({ filter: /react-core[\\/]dist[\\/]styles[\\/]base\.css$/ }, loadBase);
    esbuild.onLoad({ filter: /react-styles[\\/]css[\\/].*\.css$/ }, loadPart);
    esbuild.onLoad({ filter: /src[\\/](page|part|yaml)[\\/].*\.css$/ }, loadOwn);
    esbuild.onResolve({ filter: /^virtpod:adopt$/ }, () => ({ path: ADOPT, namespace: ADOPT }));
    esbuild.onLoad({ filter: /.*/, namespace: ADOPT }, () => ({ contents: adoptSource() }));
  },
};

/** Read once, when the first sheet is loaded. */
let asked;
const findAsked = () => {
  asked ??= listAsked(root, thinOut);
  return asked;
};

async function loadBase({ path }) {
  const thin = thinOut(await readFile(path, "utf8"));
  const text = pruneProperties(thin, await findAsked(), path).replace(
    /@font-face \{[^}]*\}/g,
    (rule) => (TEXT_FONT.test(rule) ? addSmallFace(rule) : rule),
  );
  return { contents: `${LAYERS}\n@layer vp-base {\n${text}\n}`, loader: "css" };
}

/** What adopts a sheet; made before any other code of the pages runs. */
function adoptSource() {
  return `export function adopt(text) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    document.adoptedStyleSheets.push(sheet);
  }`;
}

async function loadPart({ path }) {
  const text = thinOut(await readFile(path, "utf8"));
  // Pictures are the backgrounds of other products.
  const plain = text.replace(/url\([^)]*\)/g, "none");
  const asked = pruneProperties(plain, await findAsked(), path);
  const { code } = await transform(asked, { loader: "css", minify: true });
  return { contents: adoptCall(`@layer vp-part{${code.trim()}}`), loader: "js" };
}

/** Styles of a page, imported for their effect: loaded and adopted with its code, above layers. */
async function loadOwn({ path, with: attributes }) {
  if (attributes.type !== undefined) return undefined;
  const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
  return { contents: adoptCall(code.trim()), loader: "js" };
}

function adoptCall(text) {
  return `import { adopt } from "${ADOPT}";\nadopt(${JSON.stringify(text)});`;
}

/** Rules of a style sheet without those that nothing here can match. */
export function thinOut(text) {
  return [...walkRules(text)].map(thinOutRule).join("\n");
}

function thinOutRule([head, whole]) {
  if (head.startsWith("@font-face")) return KEPT_FONT.test(whole) ? whole : "";
  if (/^@(media|supports|layer|container)\b/.test(head) && whole.endsWith("}")) {
    const inner = thinOut(whole.slice(whole.indexOf("{") + 1, -1)).trim();
    return inner === "" ? "" : `${head} {\n${inner}\n}`;
  }
  const selectors = head.replace(/\/\*.*?\*\//gs, "").split(",");
  const isSpare = (each) =>
    isUnused(each) || [UNUSED_THEME, UNUSED_RULE, BY_WIDTH].some((it) => it.test(each));
  return selectors.every(isSpare) ? "" : whole;
}

/** The outermost rules of a style sheet, each with what stands before its brace. */
function* walkRules(text) {
  let [depth, start, head] = [0, 0, ""];
  for (const { 0: found, index } of text.matchAll(/[{};]/g)) {
    if (found === "{" && depth++ === 0) head = text.slice(start, index).trim();
    if (found === ";" && depth > 0) continue;
    if (found === "}") depth -= 1;
    if (found === "{" || depth > 0) continue;
    yield [found === ";" ? text.slice(start, index).trim() : head, text.slice(start, index + 1)];
    start = index + 1;
  }
}
