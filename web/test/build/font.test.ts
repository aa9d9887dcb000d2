/** The small face is of the same font, and comes where browsers prefer it. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { addSmallFace, cutFont } from "../../font.mjs";

const ROOT = join(import.meta.dirname, "../..");
const FONTS = "node_modules/@patternfly/react-core/dist/styles/assets/fonts";
const RULE = `@font-face {
  font-family: "Red Hat Text";
  src: url("./assets/fonts/RedHatText/RedHatTextVF.woff2") format("woff2-variations");
}`;

test("the whole font comes first, so that the face with a range wins where it has the letter", () => {
  const [first, second] = addSmallFace(RULE).split(/(?<=\})\n/);
  assert.equal(first, RULE);
  assert.match(second ?? "", /RedHatTextVF\.woff2\?western"\) format/);
  assert.match(second ?? "", /unicode-range: U\+0020-7E, U\+00A0-FF, .*U\+20AC/);
});

test("a font becomes half as large, the same each time", async () => {
  const font = await readFile(join(ROOT, FONTS, "RedHatText/RedHatTextVF.woff2"));
  const small = await cutFont(font);
  assert.equal(small.subarray(0, 4).toString(), "wOF2");
  assert.ok(small.length < font.length * 0.6, `${small.length} of ${font.length}`);
  assert.deepEqual(await cutFont(font), small);
});

test("what is no font is told of", async () => {
  await assert.rejects(cutFont(Buffer.from("no font")));
});
