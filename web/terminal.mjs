/**
 * Makes xterm.js fit for a Content-Security-Policy without inline styles. It writes rules into style
 * elements, and the colours of a cell as the text of a style attribute; such a policy refuses both.
 * The same through the CSSOM is allowed: adopted sheets, and an element's style object.
 *
 * (Its option documentOverride does not reach all that makes elements.)
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SHEETS = join(dirname(fileURLToPath(import.meta.url)), "src/page/vm/console/sheets.ts");
/** document.createElement("style"), by whatever name the document has. */
const ELEMENT = /\b\w+\.\w+\.createElement\("style"\)/g;
const ELEMENTS = 3;
/** span.setAttribute("style", `${span.getAttribute("style") || ""}${style};`) */
const ATTRIBUTE =
  /\b(\w+)\.setAttribute\("style",`\$\{\1\.getAttribute\("style"\)\|\|""\}\$\{(\w+)\};`\)/g;
const LEFT = /createElement\("style"\)|setAttribute\("style"/;

/** @type {import("esbuild").Plugin} */
export const strictTerminal = {
  name: "strict-terminal",
  setup(esbuild) {
    esbuild.onLoad({ filter: /@xterm[\\/]xterm[\\/]lib[\\/]xterm\.mjs$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const changed = text
        .replace(ELEMENT, "virtpodMakeSheet()")
        .replace(ATTRIBUTE, "$1.style.cssText+=`$${$2};`");
      // Another version may do it otherwise: look again, before a policy refuses it.
      if (text.match(ELEMENT)?.length !== ELEMENTS || LEFT.test(changed)) {
        throw new Error("xterm.js makes styles in a way that is not known here");
      }
      const source = JSON.stringify(SHEETS);
      const contents = `import { makeSheet as virtpodMakeSheet } from ${source};\n${changed}`;
      return { contents, loader: "js" };
    });
  },
};
