import assert from "node:assert/strict";
import { test } from "node:test";
import i18next from "i18next";
import { parseFilter, tokenize } from "../../src/model/filter.ts";
import type { Row } from "../../src/model/row.ts";
import { speak, startTexts } from "../../src/text/index.ts";
import { makeRow } from "./rows.ts";

startTexts();

const NOW = Date.parse("2026-11-23T12:00:00Z");
const HOUR = 3_600_000;
const ROWS: readonly Row[] = [
  makeRow({ name: "web-1", labels: { app: "web", tier: "front" }, created: NOW - HOUR }),
  makeRow({ name: "web-2", status: "Paused", node: "node2", cpu: 4, created: NOW - 48 * HOUR }),
  makeRow({
    name: "db",
    namespace: "shop",
    status: "Stopped",
    node: "",
    memoryBytes: 2 ** 32,
    labels: { app: "db" },
    created: null,
  }),
  makeRow({ name: "lone", kind: "VirtualMachineInstance", status: "Failed", cpu: null }),
];

function names(text: string): string {
  const { accepts } = parseFilter(text, i18next.t);
  return ROWS.filter((row) => accepts(row, NOW))
    .map((row) => row.name)
    .join(" ");
}

test("each form of a term selects its rows", () => {
  const cases: [text: string, names: string][] = [
    ["", "web-1 web-2 db lone"],
    ["  ", "web-1 web-2 db lone"],
    ["WEB", "web-1 web-2"],
    ["name:b-2", "web-2"],
    ["web*", "web-1 web-2"],
    ["*-1", "web-1"],
    ["w*1*", "web-1"],
    ["-web", "db lone"],
    ["status:running", "web-1"],
    ["status:running,paused", "web-1 web-2"],
    ["status:run*", "web-1"],
    ["status:run", ""],
    ["-status:running web", "web-2"],
    ["node:node2", "web-2"],
    ["namespace:shop", "db"],
    ["kind:vmi", "lone"],
    ["label:app=web", "web-1"],
    ["label:app=web,db", "web-1 db"],
    ["label:app=*b", "web-1 db"],
    ["label:app==web", "web-1"],
    ["label:app", "web-1 db"],
    ["label:app!=web", "web-2 db lone"],
    ["-label:tier", "web-2 db lone"],
    ["cpu:4", "web-2"],
    ["cpu:>=1", "web-1 web-2 db"],
    ["cpu:2..8", "web-2"],
    ["memory:>1Gi", "db"],
    ["memory:1Gi", "web-1 web-2 lone"],
    ["age:<1d", "web-1"],
    ["age:2d status:paused", "web-2"],
    ['name:"eb-1"', "web-1"],
    ['"web-1"', "web-1"],
    ["STATUS:Stopped", "db"],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(parseFilter(text, i18next.t).problems, [], text);
    assert.equal(names(text), expected, text);
  }
});

const WORDED: readonly Row[] = [
  makeRow({ name: "loop", status: "CrashLoopBackOff", ready: "False" }),
  makeRow({ name: "full", status: "ErrorUnschedulable", ready: "", reason: "No room, no node" }),
  makeRow({ name: "on", kind: "VirtualMachineInstance" }),
  makeRow({ name: "new", status: "", ready: "Unknown", labels: { note: "two" } }),
];

function found(text: string): string {
  const { accepts, problems } = parseFilter(text, i18next.t);
  assert.deepEqual(problems, [], text);
  return WORDED.filter((row) => accepts(row, NOW))
    .map(({ name }) => name)
    .join(" ");
}

test("a value is the API's word or what the list calls it, in quotation marks or not", () => {
  const cases: [text: string, names: string][] = [
    ["status:CrashLoopBackOff", "loop"],
    ['status:"CrashLoopBackOff"', "loop"],
    ['status:"Crash loop"', "loop"],
    ['STATUS:"crash LOOP"', "loop"],
    ['status:"crash*"', "loop"],
    ['-status:"Crash loop"', "full on new"],
    ['status:"Crash loop","No node fits"', "loop full"],
    ['status:running,"No node fits"', "full on"],
    ['status:"not told yet"', "new"],
    ['status:"Crash"', ""],
    ["ready:no", "loop"],
    ['ready:"Yes",unknown', "on new"],
    ["ready:false", "loop"],
    ["kind:vmi", "on"],
    ['kind:"VirtualMachineInstance"', "on"],
    ["kind:virtualmachine", "loop full new"],
    ['reason:"No room, no node"', "full"],
    ['reason:"nothing","no room*"', "full"],
    ['namespace:"default" name:"loop"', "loop"],
    ['node:"node1","node2" ip:"10.0.0.1" name:"on"', "on"],
    ['label:"note=two"', "new"],
    ['label:note="two"', "new"],
    ['cpu:">=1" name:"new"', "new"],
  ];
  for (const [text, names] of cases) assert.equal(found(text), names, text);
});

test("in German, German words count, and English ones as they do in an address", async () => {
  await speak("de");
  const cases: [text: string, names: string][] = [
    ["status:CrashLoopBackOff", "loop"],
    ['status:"Stürzt immer wieder ab"', "loop"],
    ['status:"STÜRZT immer wieder ab",läuft', "loop on"],
    ['status:"Crash loop"', "loop"],
    ['status:"noch nicht bekannt"', "new"],
    ["ready:nein", "loop"],
    ["ready:no", "loop"],
    ['-ready:"Ja" -status:"crash loop"', "full new"],
  ];
  for (const [text, names] of cases) assert.equal(found(text), names, text);
  await speak("en");
  assert.equal(found('status:"Stürzt immer wieder ab"'), "");
});

test("a label that objects inherit is none", () => {
  assert.equal(names("label:constructor"), "");
  assert.equal(names("label:toString=*"), "");
});

test("a wrong term is told of, and the others still count", () => {
  const cases: [text: string, why: string, field: string, hint: string][] = [
    ["web colour:red", "field", "colour", ""],
    ["web stats:x", "field", "stats", "status"],
    ["web nod:x", "field", "nod", "node"],
    ["web labels:app", "field", "labels", "label"],
    ["web status:", "value", "status", ""],
    ["web -status:,", "value", "status", ""],
    ["web label:=x", "value", "label", ""],
    ["web cpu:many", "number", "cpu", ""],
    ["web age:5", "number", "age", ""],
    ["web memory:1..x", "number", "memory", ""],
    ['web name:"db', "quote", "", ""],
  ];
  for (const [text, why, field, hint] of cases) {
    const [problem, ...rest] = parseFilter(text, i18next.t).problems;
    assert.deepEqual(rest, [], text);
    assert.deepEqual([problem?.why, problem?.field, problem?.hint], [why, field, hint], text);
    assert.equal(names(text), "web-1 web-2", text);
  }
});

test("a filter is empty when nothing is left out", () => {
  assert.equal(parseFilter("colour:red", i18next.t).empty, true);
  assert.equal(parseFilter("red", i18next.t).empty, false);
});

test("terms and their number are bounded", () => {
  const { problems } = parseFilter("a ".repeat(40), i18next.t);
  assert.deepEqual(
    problems.map(({ why }) => why),
    ["many"],
  );
});

test("stars do not make it slow", () => {
  const { accepts } = parseFilter(`${"*a".repeat(240)}b`, i18next.t);
  const row = makeRow({ name: "a".repeat(253) });
  const begun = performance.now();
  assert.equal(accepts(row, NOW), false);
  assert.ok(performance.now() - begun < 2_000); // 2 ms, or centuries
});

test("tokens know where they are", () => {
  assert.deepEqual(tokenize('a  b:"c d" "e'), [
    { text: "a", start: 0, end: 1, open: false },
    { text: 'b:"c d"', start: 3, end: 10, open: false },
    { text: '"e', start: 11, end: 13, open: true },
  ]);
});
