/** Every text of the pages has its German, and German has nothing that no page says. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { collectCalls, findCalls, listValues } from "./collect.ts";

const SOURCES = join(import.meta.dirname, "../../src");
const FORMS = ["_one", "_other"];

type Texts = Map<string, { readonly text: string; readonly file: string }[]>;

async function readTexts(language: string): Promise<Texts> {
  const folder = join(SOURCES, "text", language);
  const texts: Texts = new Map();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".json"))) {
    const body = JSON.parse(await readFile(join(folder, file), "utf8")) as Record<string, string>;
    for (const [key, text] of Object.entries(body)) {
      texts.set(key, [...(texts.get(key) ?? []), { text, file }]);
    }
  }
  return texts;
}

/** The keys that i18next looks for. */
function listKeys(key: string, counted: boolean): string[] {
  return counted ? FORMS.map((form) => key + form) : [key];
}

const calls = await collectCalls(SOURCES);
const german = await readTexts("de");
const english = await readTexts("en");
const wanted = new Map(
  calls.flatMap(({ key, counted, where }) =>
    key === undefined ? [] : listKeys(key, counted).map((each) => [each, where] as const),
  ),
);

test("calls are found, with their counts, and not in comments", () => {
  const source = `
    // t("not this")
    <p>{t("Plain")} {t("{{count}} VMs", { count: 2 })}</p>; t(variable); /* t("nor this") */
    <a title={t(
      "On the next line, (with) parentheses",
      { name: call(1) },
    )} href="https://example.org" />; start("no"); format.t("nor that"); t("a" + b)`;
  const found = findCalls(source, "x.tsx").map(({ key, counted }) => [key, counted]);
  assert.deepEqual(found, [
    ["Plain", false],
    ["{{count}} VMs", true],
    [undefined, false],
    ["On the next line, (with) parentheses", false],
    [undefined, false],
  ]);
});

test("pages say only literals", () => {
  assert.ok(calls.length > 100, "the pages have texts");
  const others = calls.filter(({ key }) => key === undefined).map(({ where }) => where);
  assert.deepEqual(others, []);
});

test("every text has its German", () => {
  const missing = [...wanted].filter(([key]) => !german.has(key));
  assert.deepEqual(
    missing.map(([key, where]) => `${where} ${key}`),
    [],
  );
});

test("German has no text that no page says, and none twice", () => {
  const spare = [...german].flatMap(([key, found]) =>
    wanted.has(key) ? [] : found.map(({ file }) => `${file}: ${key}`),
  );
  assert.deepEqual(spare, []);
  const twice = [...german].filter(([, found]) => found.length > 1);
  assert.deepEqual(
    twice.map(([key, found]) => `${found.map(({ file }) => file).join(", ")}: ${key}`),
    [],
  );
});

test("English has the singular of what is counted, and nothing else", () => {
  const counted = calls.flatMap(({ key, counted: is }) => (is && key ? [`${key}_one`] : []));
  const wantedSingulars = [...new Set(counted)].sort();
  assert.deepEqual([...english.keys()].sort(), wantedSingulars);
});

test("translations have the values of their texts", () => {
  const wrong: string[] = [];
  for (const [key, found] of [...german, ...english]) {
    const base = key.replace(/_(one|other)$/, "");
    for (const { text, file } of found) {
      assert.notEqual(text.trim(), "", `${file}: ${key}`);
      const [has, should] = [listValues(text), listValues(base)];
      // A singular may say "one" in words.
      const fits = key.endsWith("_one") ? should.filter((each) => each !== "count") : should;
      const given = key.endsWith("_one") ? has.filter((each) => each !== "count") : has;
      if (given.join() !== fits.join()) wrong.push(`${file}: ${key}`);
    }
  }
  assert.deepEqual(wrong, []);
});
