/**
 * A guest's output as plain text: what steers terminals is taken out, and what could deceive the
 * eye is spelled out. Pure; each line takes time linear in its length.
 */

/** CSI … letter; OSC, DCS, SOS, PM and APC up to their end or the line's; other short sequences. */
const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x9c|\x1b\\|$)|\x1b[ -/]*[0-~]/g;
/** Control characters, and letters that change the order or hide: shown by their code. */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** One line of a terminal, without its line feed, as text of printable characters and tabs. */
export function cleanLine(line: string): string {
  const plain = line.replace(/\r+$/, "").replace(SEQUENCE, "");
  // to the left edge, before anything stands there
  return takeBack(plain.replace(/^\r+/, "")).replace(HIDDEN, spell);
}

/** Does what backspaces ask for, as far as there is something to take back. */
function takeBack(text: string): string {
  if (!text.includes("\b")) return text;
  const kept: string[] = [];
  for (const each of text) {
    if (each === "\b") kept.pop();
    else kept.push(each);
  }
  return kept.join("");
}

/** A picture of a control character where Unicode has one, else its number. */
function spell(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}
