import assert from "node:assert/strict";
import { test } from "node:test";
import i18next from "i18next";
import { suggest } from "../../src/model/suggest.ts";
import { speak, startTexts } from "../../src/text/index.ts";
import { makeRow } from "./rows.ts";

const ROWS = [
  makeRow({ name: "a", status: "Running", labels: { app: "web" } }),
  makeRow({ name: "b", status: "Running", labels: { app: "db" } }),
  makeRow({ name: "c", status: "Stopped", labels: { app: "web" }, reason: "Two words" }),
];

startTexts();
const { t } = i18next;

function offer(text: string, caret = text.length) {
  return suggest(text, caret, ROWS, t).map(({ term }) => term);
}

test("an empty box offers fields", () => {
  assert.deepEqual(offer("").slice(0, 3), ["name:", "namespace:", "status:"]);
});

test("a begun field is offered whole", () => {
  assert.deepEqual(offer("na"), ["name:", "namespace:"]);
  assert.deepEqual(offer("web st"), ["status:"]);
});

test("values come with how many have them, most first", () => {
  assert.deepEqual(
    suggest("status:", 7, ROWS, t).map(({ term, count }) => [term, count]),
    [
      ["status:Running", 2],
      ["status:Stopped", 1],
    ],
  );
  assert.deepEqual(offer("status:STO"), ["status:Stopped"]);
  assert.deepEqual(offer("status:Running,st"), ["status:Running,Stopped"]);
  assert.deepEqual(offer("label:"), ["label:app=web", "label:app=db"]);
  assert.deepEqual(offer("-status:sto"), ["-status:Stopped"]);
});

test("nothing is offered for names, numbers and unknown fields", () => {
  assert.deepEqual([...offer("name:"), ...offer("cpu:"), ...offer("colour:")], []);
});

test("taking one replaces the term at the caret, and goes behind it", () => {
  const [first] = suggest("web status:sto node:n1", 14, ROWS, t);
  assert.equal(first?.text, "web status:Stopped node:n1");
  assert.equal(first?.caret, "web status:Stopped ".length);
  const [field] = suggest("web sta", 7, ROWS, t);
  assert.deepEqual([field?.text, field?.caret], ["web status:", 11]);
});

test("a value with spaces is quoted", () => {
  const [only] = suggest("reason:two", 10, ROWS, t);
  assert.equal(only?.text, 'reason:"Two words" ');
});

test("what is written in quotation marks is offered, and what is before it stays", () => {
  const rows = [
    makeRow({ name: "d", status: "CrashLoopBackOff", reason: "One, two" }),
    makeRow({ name: "e", reason: "Three four" }),
  ];
  const take = (text: string, caret = text.length) =>
    suggest(text, caret, rows, t).map((each) => each.text);
  assert.deepEqual(take('status:"crash l'), ["status:CrashLoopBackOff "]);
  assert.deepEqual(take('status:"crash loop"'), ["status:CrashLoopBackOff "]);
  assert.deepEqual(take('status:Running,"crash'), ["status:Running,CrashLoopBackOff "]);
  assert.deepEqual(take("reason:one"), ['reason:"One, two" ']);
  assert.deepEqual(take('-reason:"One, t'), ['-reason:"One, two" ']);
  assert.deepEqual(take('reason:"One, two",thr'), ['reason:"One, two","Three four" ']);
  // the mark is not closed yet: the term behind it is another
  assert.deepEqual(take('reason:"One name:d', 11), ['reason:"One, two" name:d']);
});

test("a value is found by the word that the list shows for it, in each language", async () => {
  const rows = [makeRow({ name: "d", status: "CrashLoopBackOff", ready: "False" })];
  const find = (text: string) =>
    suggest(text, text.length, rows, t).map(({ term, words }) => `${words} ${term}`);
  assert.deepEqual(find("status:loop"), ["Crash loop status:CrashLoopBackOff"]);
  assert.deepEqual(find("status:crash"), find("status:backoff"));
  assert.deepEqual(find("ready:n"), ["No ready:False"]);
  await speak("de");
  assert.deepEqual(find("status:stürzt"), ["Stürzt immer wieder ab status:CrashLoopBackOff"]);
  assert.deepEqual(find("ready:nein"), ["Nein ready:False"]);
  await speak("en");
});
