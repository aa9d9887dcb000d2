/**
 * Makes the pages: dist/standalone for the gateway, each of its files compressed beside it,
 * dist/cockpit for Cockpit, and with "dev" (or --dev) dist/dev, which shows a world in memory. The
 * words on the command line say which; --sizes prints what a browser loads of the standalone one.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { smallFont } from "./font.mjs";
import { leanStyles } from "./lean.mjs";
import { strictTerminal } from "./terminal.mjs";
import { wholePieces } from "./whole.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");
const COMPRESSIBLE = new Set([".js", ".css", ".html", ".json", ".svg"]);

const COMMON = {
  absWorkingDir: root,
  entryNames: "[name]-[hash]",
  bundle: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  sourcemap: false,
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
};

/**
 * @param {string} name folder of dist/ @param {string} entry module that starts the page
 * @param {string} page its document @param {string} [ahead] module that runs before the entry is there
 */
async function bundle(name, entry, page, ahead) {
  const folder = join(dist, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    ...COMMON,
    entryPoints: [entry],
    outdir: folder,
    chunkNames: "part-[hash]",
    assetNames: "[name]-[hash]",
    splitting: true,
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".woff2": "file", ".svg": "file" },
    plugins: [leanStyles, smallFont, strictTerminal, wholePieces(root)],
  });
  const made = Object.entries(metafile.outputs);
  const [script, told] = made.find(([, each]) => each.entryPoint === entry) ?? [];
  const template = await readFile(join(root, page), "utf8");
  const html = template
    .replaceAll("@script@", relative(folder, join(root, script)))
    .replaceAll("@style@", relative(folder, join(root, told.cssBundle)))
    .replace("</head>", `${preload(folder, metafile, script)}</head>`)
    .replace("@ahead@", ahead === undefined ? "" : await addAhead(folder, metafile, script, ahead));
  await writeFile(join(folder, "index.html"), html);
  return { folder, metafile, script };
}

/** Lets the browser ask for all that the entry imports at once, not one after the other. */
function preload(folder, metafile, script) {
  return [...listFirst(metafile, script)]
    .filter((path) => path.endsWith(".js") && path !== script)
    .map((path) => `<link rel="modulepreload" href="${relative(folder, join(root, path))}">\n`)
    .join("");
}

/** A script of its own that asks ahead; it knows which files of code each page needs. */
async function addAhead(folder, metafile, script, ahead) {
  const first = listFirst(metafile, script);
  const parts = {};
  const pages = await listPages();
  if (!pages.some(([path]) => path === "/vms")) throw new Error("pages.ts is written otherwise");
  for (const [path, module] of pages) {
    const [chunk] =
      Object.entries(metafile.outputs).find(([, each]) => each.entryPoint === module) ?? [];
    if (chunk === undefined) throw new Error(`${path} has no code: ${module}`);
    parts[path] = [...listFirst(metafile, chunk)]
      .filter((each) => each.endsWith(".js") && !first.has(each))
      .map((each) => relative(folder, join(root, each)));
  }
  const { metafile: made } = await build({
    ...COMMON,
    entryPoints: [ahead],
    outdir: folder,
    define: { PARTS: JSON.stringify(parts) },
  });
  const [name] = Object.entries(made.outputs).find(([, each]) => each.entryPoint === ahead) ?? [];
  // before the styles, which scripts behind them wait for
  return `<script type="module" async src="${relative(folder, join(root, name))}"></script>`;
}

/** Paths without parameters, with the modules of their pages. */
async function listPages() {
  const source = await readFile(join(root, "src/app/pages.ts"), "utf8");
  const entries = source.matchAll(/path: "([^":]+)".*?import\("\.\.\/([^"]+)"\)/gs);
  return Array.from(entries, ([, path, module]) => [path, `src/${module}`]);
}

async function compress(folder) {
  for (const name of await readdir(folder)) {
    if (!COMPRESSIBLE.has(extname(name))) continue;
    const body = await readFile(join(folder, name));
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
    await writeFile(join(folder, `${name}.br`), brotliCompressSync(body, quality));
    await writeFile(join(folder, `${name}.gz`), gzipSync(body, { level: 9 }));
  }
}

/** What is loaded before the first page shows: the entry and what it imports at once. */
function listFirst(metafile, script) {
  const first = new Set();
  const visit = (path) => {
    if (first.has(path)) return;
    first.add(path);
    const output = metafile.outputs[path];
    if (output.cssBundle) first.add(output.cssBundle);
    for (const each of output.imports) {
      if (each.kind === "import-statement") visit(each.path);
    }
  };
  visit(script);
  return first;
}

async function printSizes({ folder, metafile, script }) {
  const first = listFirst(metafile, script);
  let [whole, start] = [0, 0];
  for (const [path, output] of Object.entries(metafile.outputs)) {
    if (path.endsWith(".LEGAL.txt")) continue;
    const sent = COMPRESSIBLE.has(extname(path)) ? `${path}.br` : path;
    const bytes = (await readFile(join(root, sent))).length;
    whole += bytes;
    if (first.has(path)) start += bytes;
    const note = first.has(path) ? "first" : "later";
    console.log(`${bytes.toString().padStart(8)} B  ${note}  ${path} (${output.bytes} B plain)`);
  }
  console.log(
    `${start.toString().padStart(8)} B  before the first page, ${relative(root, folder)}`,
  );
  console.log(`${whole.toString().padStart(8)} B  all of it`);
}

const PAGES = {
  standalone: ["src/standalone.tsx", "src/standalone.html", "src/ahead.ts"],
  cockpit: ["src/cockpit.tsx", "src/cockpit.html"],
  dev: ["dev/main.tsx", "src/standalone.html"],
};
const words = process.argv.slice(2);
const named = words.filter((word) => word in PAGES);
const chosen = named.length > 0 ? named : ["standalone", "cockpit"];
if (words.includes("--dev")) chosen.push("dev");
for (const name of chosen) {
  const made = await bundle(name, ...PAGES[name]);
  if (name === "standalone") await compress(made.folder);
  if (name === "cockpit")
    await cp(join(root, "src/manifest.json"), join(made.folder, "manifest.json"));
  if (name === "standalone" && words.includes("--sizes")) await printSizes(made);
}
