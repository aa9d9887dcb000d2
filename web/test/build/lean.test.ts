/** PatternFly's styles lose what nothing here can match, and nothing else. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { thinOut } from "../../lean.mjs";

const ROOT = join(import.meta.dirname, "../..");

test("rules of other themes go, those that they share stay", () => {
  const kept = ".a:where(.b), .pf-v6-theme-felt .a { color: red; }";
  const text = `${kept} .pf-v6-theme-glass .a { color: blue; }`;
  assert.equal(thinOut(text).trim(), kept);
});

test("looks by width go, also within media, and empty media with them", () => {
  const text = `
    @media (min-width: 48rem) { .t.pf-m-gap-md-on-md { gap: 1px; } }
    @media (min-width: 62rem) { .t.pf-m-gap-md-on-lg { gap: 1px; } .t { color: red; } }
    .t.pf-m-show-on-lg { display: block; }`;
  const thin = thinOut(text).replace(/\s+/g, " ");
  assert.ok(!thin.includes("48rem"));
  assert.ok(!thin.includes("on-lg { gap"));
  assert.ok(thin.includes("@media (min-width: 62rem) { .t { color: red; }"));
  assert.ok(thin.includes("pf-m-show-on-lg"));
});

test("statements, nested rules and keyframes stay whole", () => {
  const text = '@charset "utf-8"; @keyframes k { from { top: 0; } to { top: 1px; } } .a { b: c; }';
  assert.equal(thinOut(text).replace(/\s+/g, " ").trim(), text);
});

test("only the upright text and code faces stay", () => {
  const face = (file: string) => `@font-face { src: url("${file}"); }`;
  const text = ["RedHatTextVF.woff2", "RedHatTextVF-Italic.woff2", "RedHatDisplayVF.woff2"];
  const thin = thinOut(text.map(face).join("\n"));
  assert.deepEqual(thin.match(/RedHat[\w-]+/g), ["RedHatTextVF"]);
});

test("no page has looks by width: their styles are left out", async () => {
  const names = (await readdir(join(ROOT, "src"), { recursive: true })).filter((name) =>
    name.endsWith(".tsx"),
  );
  assert.ok(names.length > 50);
  const users: string[] = [];
  for (const name of names) {
    const source = await readFile(join(ROOT, "src", name), "utf8");
    if (/[{,]\s*["']?(sm|md|lg|xl|2xl)["']?\s*:\s*["'{]/.test(source)) users.push(name);
  }
  assert.deepEqual(users, []);
});
