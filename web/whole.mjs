/**
 * Keeps what is loaded first in one piece, and what most pages share in another. A bundler that
 * splits makes a file for each set of pages that have a module in common: that is dozens of crumbs,
 * each a request. Here whatever is loaded later names all of the first load as its own needs, and all
 * that shows something names the kit: what they share is one file each. And what only one module loads later
 * names that module: it is there by then, and stays whole.
 */
import { readFile } from "node:fs/promises";
import { extname, join, sep } from "node:path";

const FIRST = "src/app/App.tsx";
const KIT = "src/page/kit.ts";

/** @param {string} root folder with src/ @returns {import("esbuild").Plugin} */
export function wholePieces(root) {
  const source = join(root, "src") + sep;
  /** Modules that are imported when they are needed, and by which others. */
  const later = new Map();
  return {
    name: "whole-pieces",
    setup(esbuild) {
      esbuild.onResolve({ filter: /^\.\.?\/.*\.tsx?$/ }, ({ importer, kind, path, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const found = join(resolveDir, path);
        later.set(found, [...(later.get(found) ?? []), importer]);
        return undefined;
      });
      esbuild.onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
        if (!later.has(path) || !path.startsWith(source)) return undefined;
        const isText = path.startsWith(join(source, "text"));
        const added = (isText ? [FIRST] : [FIRST, KIT]).map((name) => join(root, name));
        const [loader, ...others] = later.get(path);
        if (others.length === 0 && loader.endsWith(".tsx")) added.push(loader);
        const imports = added.map((name) => `import ${JSON.stringify(name)};`);
        const contents = `${await readFile(path, "utf8")}\n${imports.join("\n")}\n`;
        return { contents, loader: extname(path) === ".tsx" ? "tsx" : "ts" };
      });
    },
  };
}
