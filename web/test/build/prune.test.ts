/** Properties that nothing asks for go; what pages and PatternFly's components ask for stays. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { thinOut } from "../../lean.mjs";
import { listAsked, pruneProperties } from "../../prune.mjs";

const ROOT = join(import.meta.dirname, "../..");
const BASE = join(ROOT, "node_modules/@patternfly/react-core/dist/styles/base.css");
const DECLARED = /(--pf-t--[\w-]+)\s*:/g;

test("what is not asked for goes, and what only that asked for with it", () => {
  const text = ":root { --pf-a: 1px; --pf-b: var(--pf-a); --pf-c: 2px } .d { top: var(--pf-c); }";
  const asked = new Map([["other", new Set(["--pf-x"])]]);
  const thin = pruneProperties(text, asked, "").replace(/\s+/g, " ");
  assert.equal(thin, ":root { --pf-c: 2px } .d { top: var(--pf-c); }");
});

test("what another sheet asks for stays, what only the sheet itself did as it was does not", () => {
  const text = ".a { --pf-a: 1px; --pf-b: 2px; }";
  const asked = new Map([
    ["here", new Set(["--pf-a"])],
    ["there", new Set(["--pf-b"])],
  ]);
  assert.equal(pruneProperties(text, asked, "here").replace(/\s+/g, " "), ".a { --pf-b: 2px; }");
});

test("the tokens that pages name are there, whole or by their end", async () => {
  const whole = thinOut(await readFile(BASE, "utf8"));
  const asked = await listAsked(ROOT, thinOut);
  const declared = new Set(Array.from(whole.matchAll(DECLARED), ([, name]) => name as string));
  const kept = pruneProperties(whole, asked, BASE);
  const left = new Set(Array.from(kept.matchAll(DECLARED), ([, name]) => name as string));
  assert.ok(left.size < declared.size * 0.9, `${left.size} of ${declared.size}`);
  const source = [...(asked.get("src") ?? [])].filter((name) => declared.has(name));
  assert.ok(source.includes("--pf-t--global--font--family--mono"));
  assert.ok(source.includes("--pf-t--global--border--radius--small")); // look.ts says its end
  for (const [path, names] of asked) {
    const lost = [...names].filter((name) => declared.has(name) && !left.has(name));
    assert.deepEqual(lost, [], path);
  }
});

test("no page makes the name of a property from pieces that cannot be seen", async () => {
  const look = await readFile(join(ROOT, "src/yaml/look.ts"), "utf8");
  assert.match(look, /`var\(--pf-t--global--\$\{name\}\)`/);
  const asked = await listAsked(ROOT, thinOut);
  const begun = [...(asked.get("src") ?? [])].filter((name) => /-$/.test(name));
  assert.deepEqual(begun, ["--pf-t--global--"]);
});
