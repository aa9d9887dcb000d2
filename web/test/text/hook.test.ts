import assert from "node:assert/strict";
import { test } from "node:test";
import { readTexts } from "../../src/text/hook.ts";
import { speak, startTexts } from "../../src/text/index.ts";

test("components have one object of texts for each language", async () => {
  startTexts();
  const english = readTexts();
  assert.equal(readTexts(), english);
  assert.equal(english.i18n.language, "en");
  assert.equal(english.t("Virtual machines"), "Virtual machines");
  await speak("de");
  const german = readTexts();
  assert.notEqual(german.t, english.t);
  assert.equal(german.t("Virtual machines"), "Virtuelle Maschinen");
  assert.equal(english.t("Virtual machines"), "Virtual machines");
  await speak("en");
});

test("values are put into a sentence each time", () => {
  startTexts();
  const { t } = readTexts();
  assert.equal(t("Select {{name}}", { name: "one" }), "Select one");
  assert.equal(t("Select {{name}}", { name: "two" }), "Select two");
});
