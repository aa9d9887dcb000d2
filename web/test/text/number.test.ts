/** Numbers within sentences, in both languages. */
import assert from "node:assert/strict";
import test from "node:test";
import i18next from "i18next";
import { speak, startTexts } from "../../src/text/index.ts";

test("numbers in sentences are written as the language writes them", async () => {
  startTexts();
  const say = (count: number) => i18next.t("{{count}} VMs", { count });
  const both = () => i18next.t("{{part}} of {{whole}}", { part: 1234.56, whole: "10000" });
  assert.deepEqual([say(1), say(999), say(10_000)], ["1 VM", "999 VMs", "10,000 VMs"]);
  // what is text already stays as it is
  assert.equal(both(), "1,234.6 of 10000");
  await speak("de");
  assert.deepEqual([say(1), say(10_000)], ["1 VM", "10.000 VMs"]);
  assert.equal(both(), "1.234,6 von 10000");
});
