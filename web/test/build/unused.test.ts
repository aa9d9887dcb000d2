/** Looks that are left out are of no page. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { isUnused, UNUSED_LOOKS, UNUSED_PARTS } from "../../unused.mjs";

const ROOT = join(import.meta.dirname, "../..");
const SHEETS = join(ROOT, "node_modules/@patternfly/react-styles/css/components");

async function readAll(folder: string, ending: string): Promise<Map<string, string>> {
  const names = await readdir(folder, { recursive: true });
  const paths = names.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  return new Map(paths.map((path, at) => [path, texts[at] as string]));
}

test("a selector is unused by its component and look, and not by what it is not", () => {
  assert.ok(isUnused(".pf-v6-c-button.pf-m-hamburger:hover .pf-v6-c-button__icon"));
  assert.ok(isUnused(".pf-v6-c-toolbar__item.pf-m-overflow-container"));
  assert.ok(isUnused(".pf-v6-c-table__tr.pf-v6-c-table__expandable-row"));
  assert.ok(isUnused(".pf-v6-c-alert-group"));
  assert.ok(!isUnused(".pf-v6-c-alert"));
  assert.ok(!isUnused(".pf-v6-c-button:not(.pf-m-hamburger)"));
  assert.ok(!isUnused(".pf-v6-c-table__tr:not(.pf-v6-c-table__expandable-row):hover"));
  assert.ok(!isUnused(".pf-v6-c-button.pf-m-read-only"));
  assert.ok(!isUnused(".pf-v6-c-card.pf-m-expandable"));
  assert.ok(!isUnused(".pf-v6-c-menu-toggle.pf-m-plain"));
  assert.ok(!isUnused(".pf-v6-c-menu-toggle__toggle-icon"));
});

test("no page asks for them, or names their classes", async () => {
  const sources = await readAll(join(ROOT, "src"), ".tsx");
  assert.ok(sources.size > 50);
  const users: string[] = [];
  for (const [path, text] of sources) {
    for (const { component, source } of [...UNUSED_LOOKS, ...UNUSED_PARTS]) {
      const asks = text.includes("@patternfly/react") && source.test(text);
      if (asks) users.push(`${path} has ${component}: ${source}`);
    }
  }
  assert.deepEqual(users, []);
  const own = [...(await readAll(join(ROOT, "src"), ".ts")).values(), ...sources.values()];
  for (const text of own) {
    for (const [name] of text.matchAll(/pf-v6-c-[\w-]+/g)) assert.ok(!isUnused(`.${name}`), name);
  }
});

test("PatternFly still has each of them: else the list is of another version", async () => {
  const sheets = [...(await readAll(SHEETS, ".css")).values()].join("\n");
  for (const { component, looks } of UNUSED_LOOKS) {
    for (const look of looks.split("|")) {
      const pattern = new RegExp(`pf-v6-c-${component}[^{},]*\\.pf-m-${look}(?![\\w-])`);
      assert.ok(pattern.test(sheets), `${component} ${look}`);
    }
  }
  for (const { component, parts } of UNUSED_PARTS) {
    for (const part of parts.split("|")) {
      assert.ok(sheets.includes(`.pf-v6-c-${component}${part && "__"}${part}`), component + part);
    }
  }
});
