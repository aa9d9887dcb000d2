import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Announcer } from "../../src/model/announcer.ts";
import { Intake } from "../../src/model/intake.ts";
import {
  ALT,
  CONTROL,
  CTRL_ALT_DEL,
  MOST_TYPED,
  SHIFT,
  typeText,
  virtualConsole,
} from "../../src/model/keyboard.ts";
import { cleanPaste, hasLines } from "../../src/model/paste.ts";
import { findPlace } from "../../src/model/place.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

describe("the intake", () => {
  function drain(intake: Intake, most: number): [string, number][] {
    const pieces: [string, number][] = [];
    for (let piece = intake.take(most); piece !== null; piece = intake.take(most)) {
      pieces.push([text(piece.bytes), piece.skipped]);
    }
    return pieces;
  }

  test("gives what came, in order and in pieces", () => {
    const intake = new Intake(100);
    intake.push(bytes("abcdef"));
    intake.push(bytes(""));
    intake.push(bytes("gh"));
    assert.equal(intake.length, 8);
    assert.deepEqual(drain(intake, 4), [
      ["abcd", 0],
      ["ef", 0],
      ["gh", 0],
    ]);
    assert.equal(intake.length, 0);
    assert.equal(intake.take(4), null);
  });

  test("keeps the newest and says how much it lost", () => {
    const intake = new Intake(5);
    intake.push(bytes("abcd"));
    intake.push(bytes("efg"));
    assert.equal(intake.length, 5);
    assert.deepEqual(drain(intake, 10), [
      ["cd", 2],
      ["efg", 0],
    ]);
    intake.push(bytes("0123456789"));
    assert.deepEqual(drain(intake, 10), [["56789", 5]]);
  });

  test("never holds more than its bound", () => {
    const intake = new Intake(1000);
    let seen = 0;
    for (let i = 0; i < 5000; i += 1) {
      intake.push(new Uint8Array(1 + (i % 97)));
      assert.ok(intake.length <= 1000);
      if (i % 3 === 0) seen += intake.take(50)?.bytes.length ?? 0;
    }
    assert.ok(seen > 0);
  });

  test("forgets all when it is cleared", () => {
    const intake = new Intake(3);
    intake.push(bytes("abcdef"));
    intake.take(1);
    intake.clear();
    intake.push(bytes("x"));
    assert.deepEqual(drain(intake, 9), [["x", 0]]);
  });
});

describe("the announcer", () => {
  function begun(): Announcer {
    const announcer = new Announcer();
    announcer.add(["old"], 0);
    announcer.take();
    return announcer;
  }

  test("tells complete lines once, without empty ones", () => {
    const announcer = begun();
    announcer.add(["one", "  ", "two "], 0);
    assert.deepEqual(announcer.take(), { lines: ["one", "two"], skipped: 0 });
    assert.equal(announcer.take(), null);
  });

  test("tells of a flood its end", () => {
    const announcer = begun();
    announcer.add(
      Array.from({ length: 30 }, (_, i) => `line ${i}`),
      1000,
    );
    const telling = announcer.take();
    assert.equal(telling?.lines.length, 10);
    assert.equal(telling?.lines.at(-1), "line 29");
    assert.equal(telling?.skipped, 1020);
  });

  test("tells little of what was there before", () => {
    const announcer = new Announcer();
    announcer.add(["a", "b", "c", "d", "e"], 200);
    assert.deepEqual(announcer.take(), { lines: ["c", "d", "e"], skipped: 202 });
  });

  test("tells a prompt that stays, once, and not what is typed into it", () => {
    const announcer = begun();
    announcer.rest("login: ");
    assert.deepEqual(announcer.take()?.lines, ["login:"]);
    announcer.rest("login: ");
    assert.equal(announcer.take(), null);
    announcer.type();
    announcer.rest("login: ro");
    assert.equal(announcer.take(), null);
    announcer.add(["login: root"], 0);
    announcer.rest("Password:");
    assert.deepEqual(announcer.take()?.lines, ["login: root", "Password:"]);
  });

  test("tells text only, and no more of a line than one can hear", () => {
    const announcer = begun();
    announcer.add([`\u001b[31mred\u0007\u202e`, "x".repeat(5000)], 0);
    const [first, second] = announcer.take()?.lines ?? [];
    assert.equal(first, "[31mred");
    assert.equal(second?.length, 201);
  });
});

describe("text that is pasted", () => {
  test("has no escapes that end a bracketed paste", () => {
    assert.equal(
      cleanPaste("a\u001b[201~rm\u0000 \u009b\u007f-rf\tb\r\nc\rd\n"),
      "a[201~rm -rf\tb\nc\nd\n",
    );
    assert.equal(cleanPaste("für 漢字 😀"), "für 漢字 😀");
  });

  test("is asked about when a shell would execute it", () => {
    assert.ok(hasLines("ls\n"));
    assert.ok(hasLines("ls\npwd"));
    assert.ok(!hasLines("ls -l"));
  });
});

describe("a search", () => {
  const lines = ["Alpha beta alpha", "gamma", "ALPHA"];
  const go = (wanted: string, from: [number, number] | null, back = false) => {
    const place = findPlace(
      (line) => lines[line] ?? "",
      lines.length,
      wanted,
      from && { line: from[0], at: from[1] },
      back,
    );
    return place && [place.line, place.at];
  };

  test("goes from place to place, and round", () => {
    assert.deepEqual(go("alpha", null), [0, 0]);
    assert.deepEqual(go("alpha", [0, 0]), [0, 11]);
    assert.deepEqual(go("alpha", [0, 11]), [2, 0]);
    assert.deepEqual(go("alpha", [2, 0]), [0, 0]);
  });

  test("goes backwards, and round", () => {
    assert.deepEqual(go("alpha", null, true), [2, 0]);
    assert.deepEqual(go("alpha", [2, 0], true), [0, 11]);
    assert.deepEqual(go("alpha", [0, 11], true), [0, 0]);
    assert.deepEqual(go("alpha", [0, 0], true), [2, 0]);
  });

  test("finds the only place again, and nothing where nothing is", () => {
    assert.deepEqual(go("gamma", [1, 0]), [1, 0]);
    assert.deepEqual(go("gamma", [1, 0], true), [1, 0]);
    assert.equal(go("delta", null), null);
    assert.equal(go("", null), null);
  });
});

describe("text that is typed on a VM's keyboard", () => {
  test("is pressed as on a US keyboard", () => {
    assert.deepEqual(typeText("aA1!\r\n"), [
      { keysym: 0x61, code: "KeyA", held: [] },
      { keysym: 0x41, code: "KeyA", held: [SHIFT] },
      { keysym: 0x31, code: "Digit1", held: [] },
      { keysym: 0x21, code: "Digit1", held: [SHIFT] },
      { keysym: 0xff0d, code: "Enter", held: [] },
    ]);
  });

  test("covers all of ASCII that can be printed, each by its own stroke", () => {
    const all = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));
    const strokes = typeText(all);
    const keys = strokes.map(({ code, held }) => `${code} ${held.length}`);
    assert.equal(new Set(keys).size, 95);
    assert.ok(strokes.every(({ code, keysym }, i) => code !== "" && keysym === all.charCodeAt(i)));
  });

  test("goes by keysym where a US keyboard has no such key", () => {
    assert.deepEqual(typeText("ü€😀"), [
      { keysym: 0xfc, code: "", held: [] },
      { keysym: 0x010020ac, code: "", held: [] },
      { keysym: 0x0101f600, code: "", held: [] },
    ]);
  });

  test("has a bound, and no control characters", () => {
    assert.equal(typeText("x".repeat(MOST_TYPED + 9)).length, MOST_TYPED);
    assert.deepEqual(typeText("\u001b\u0000"), []);
  });

  test("combinations hold their modifiers", () => {
    assert.deepEqual(CTRL_ALT_DEL, { keysym: 0xffff, code: "Delete", held: [CONTROL, ALT] });
    const second = { keysym: 0xffbf, code: "F2", held: [CONTROL, ALT] };
    assert.deepEqual(virtualConsole(2), second);
  });
});
