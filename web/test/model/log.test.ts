import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cleanLine } from "../../src/model/ansi.ts";
import {
  appendLog,
  EMPTY_LOG,
  endLog,
  findHits,
  type Log,
  leadsUp,
  MAX_HITS,
  MAX_LENGTH,
  MAX_LINES,
  splitLine,
} from "../../src/model/log.ts";

const ESC = "\x1b";
const texts = (log: Log) => log.lines.map((each) => each.text);

describe("a line of a terminal", () => {
  test("loses what steers terminals", () => {
    assert.equal(cleanLine(`${ESC}[0;32m  OK  ${ESC}[0m] Started${ESC}[K\r`), "  OK  ] Started");
    assert.equal(cleanLine(`a${ESC}]0;title\x07b${ESC}]8;;http://x${ESC}\\c${ESC}(Bd`), "abcd");
    assert.equal(cleanLine("\x9b2Ja\x9d0;t\x9cb"), "ab");
    assert.equal(cleanLine(`${ESC}Pq an image without an end`), "");
    assert.equal(cleanLine(`${ESC}[?25l${ESC}[2J${ESC}[1;1Htext${ESC}[?25h`), "text");
  });

  test("begins at the left edge", () => {
    assert.equal(cleanLine("\r\rlogin: \r"), "login: ");
    assert.equal(cleanLine(`${ESC}[2K\rlogin:`), "login:");
  });

  test("shows control characters and deceivers by their names", () => {
    assert.equal(cleanLine("a\0b\x07c\x7f"), "a␀b␇c␡");
    assert.equal(cleanLine("a\rb"), "a␍b");
    assert.equal(cleanLine("user\u202etxt.exe"), "user<U+202E>txt.exe");
    assert.equal(cleanLine("a\tb ä 日本"), "a\tb ä 日本");
  });

  test("does what backspaces say, and no more than there is", () => {
    assert.equal(cleanLine("abc\b\bX"), "aX");
    assert.equal(cleanLine("\b\b\bX"), "X");
  });

  test("takes time linear in its length", () => {
    const began = performance.now();
    for (const evil of [`${ESC}[`, `${ESC}]`, `${ESC}[0;`, `${ESC}P${ESC}`, "\b", "\r"]) {
      cleanLine(evil.repeat(30_000));
    }
    assert.ok(performance.now() - began < 10_000); // 20 ms, or minutes
  });
});

describe("the log", () => {
  test("is made of pieces that end anywhere", () => {
    let log = EMPTY_LOG;
    for (const piece of [
      "2026-11-23T08:00:00.5Z fi",
      "rst\r\n2026-11-23T08:00:01Z tw",
      "o\nlast",
    ]) {
      log = appendLog(log, piece);
    }
    assert.deepEqual(log.lines, [
      { number: 0, time: "2026-11-23T08:00:00.5Z", text: "first" },
      { number: 1, time: "2026-11-23T08:00:01Z", text: "two" },
    ]);
    assert.deepEqual(texts(endLog(log)), ["first", "two", "last"]);
  });

  test("keeps empty lines, and words that only look like a time", () => {
    const log = appendLog(EMPTY_LOG, "2026-11-23T08:00:00Z \nx 2026-11-23T08:00:00Z y\n");
    assert.deepEqual(texts(log), ["", "x 2026-11-23T08:00:00Z y"]);
  });

  test("does not repeat what was read before the connection broke", () => {
    const again = "2026-11-23T08:00:00Z a\n2026-11-23T08:00:00.25Z b\n2026-11-23T08:00:00.3Z c\n";
    assert.deepEqual(texts(appendLog(EMPTY_LOG, again, "2026-11-23T08:00:00.250Z")), ["c"]);
  });

  test("forgets the oldest of too many lines, and numbers go on", () => {
    let log = EMPTY_LOG;
    for (let each = 0; each < MAX_LINES + 10; each += 1) log = appendLog(log, `${each}\n`);
    assert.equal(log.lines.length, MAX_LINES);
    assert.equal(log.dropped, 10);
    assert.deepEqual(log.lines[0], { number: 10, time: "", text: "10" });
    assert.equal(log.lines.at(-1)?.number, MAX_LINES + 9);
  });

  test("bounds a line, also one without an end", () => {
    const log = appendLog(EMPTY_LOG, `${"x".repeat(100_000)}\n`);
    assert.equal(log.lines[0]?.text.length, MAX_LENGTH + 1);
    let endless = EMPTY_LOG;
    for (let each = 0; each < 50; each += 1) endless = appendLog(endless, "y".repeat(10_000));
    assert.ok(endless.rest.length <= 64 * 1024);
  });
});

describe("a search", () => {
  const { lines } = appendLog(EMPTY_LOG, "Error: a.b\nfine\nerror error\n");

  test("finds every place, whatever its case", () => {
    assert.deepEqual(findHits(lines, "ERROR"), [
      { line: 0, start: 0, end: 5 },
      { line: 2, start: 0, end: 5 },
      { line: 2, start: 6, end: 11 },
    ]);
  });

  test("takes the word as it is", () => {
    assert.equal(findHits(lines, ".").length, 1);
    assert.equal(findHits(lines, "(").length, 0);
    assert.equal(findHits(lines, "").length, 0);
    assert.equal(findHits(appendLog(EMPTY_LOG, "a-b [c]\n").lines, "-b [c]").length, 1);
  });

  test("ends at its limit", () => {
    const many = appendLog(EMPTY_LOG, `${"a".repeat(4_000)}\n`).lines;
    assert.equal(findHits(many, "a").length, MAX_HITS);
  });

  test("parts a line at its hits", () => {
    const hits = findHits(lines, "error").filter((each) => each.line === 2);
    assert.deepEqual(splitLine("error error", hits, 1), [
      { text: "error", hit: 1 },
      { text: " ", hit: null },
      { text: "error", hit: 2 },
    ]);
    assert.deepEqual(splitLine("fine", [], 0), [{ text: "fine", hit: null }]);
  });
});

describe("a reader leaves the end", () => {
  const still = { shiftKey: false, ctrlKey: false };

  test("by the keys that lead up", () => {
    for (const key of ["Home", "PageUp", "ArrowUp"]) assert.ok(leadsUp({ ...still, key }));
    assert.ok(leadsUp({ ...still, key: " ", shiftKey: true }));
    assert.ok(leadsUp({ ...still, key: "Home", ctrlKey: true }));
    for (const key of ["End", "PageDown", "ArrowDown", " ", "Shift", "c"]) {
      assert.ok(!leadsUp({ ...still, key }));
    }
  });

  test("by a wheel that turns up, and neither zooms nor goes sideways", () => {
    assert.ok(leadsUp({ ...still, deltaY: -1 }));
    assert.ok(!leadsUp({ ...still, deltaY: 1 }));
    assert.ok(!leadsUp({ ...still, deltaY: -1, shiftKey: true }));
    assert.ok(!leadsUp({ ...still, deltaY: -1, ctrlKey: true }));
    assert.ok(!leadsUp(still));
  });
});
