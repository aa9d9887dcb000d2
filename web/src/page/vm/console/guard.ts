/**
 * What a guest may not do to a terminal. A console shows whatever bytes a guest sends, to several
 * people at once, and replays old ones to who comes late: nothing in them is answered, nothing
 * changes the page, and nothing keeps the browser busy for long.
 */
import type { IFunctionIdentifier, Terminal } from "@xterm/xterm";

/** Questions: an answer would be typed into the guest, once by each viewer. */
const QUESTIONS: readonly IFunctionIdentifier[] = [
  { final: "c" },
  { prefix: ">", final: "c" },
  { prefix: "=", final: "c" },
  { final: "n" },
  { prefix: "?", final: "n" },
  { prefix: ">", final: "q" },
  { intermediates: "$", final: "p" },
  { prefix: "?", intermediates: "$", final: "p" },
  // Reports and changes of the window.
  { final: "t" },
];

/**
 * Titles (0–2), colours of the palette (4, 5, 10–19, 104–119: text could be made invisible), the
 * working folder (7), links (8), notifications (9, 777), the clipboard (52), files (1337).
 */
const COMMANDS: readonly number[] = [
  ...[0, 1, 2, 4, 5, 7, 8, 9, 52, 777, 1337],
  ...Array.from({ length: 10 }, (_, i) => 10 + i),
  ...Array.from({ length: 16 }, (_, i) => 104 + i),
];

/** Done as many times as a number says, one after the other; a guest may write 2³¹ − 1. */
const REPEATED: readonly IFunctionIdentifier[] = [
  ..."@LMPSTXZIb".split("").map((final) => ({ final })),
  { intermediates: " ", final: "@" },
  { intermediates: " ", final: "A" },
  { intermediates: "'", final: "}" },
  { intermediates: "'", final: "~" },
];
const MOST_TIMES = 512;

/** What a terminal sends by itself when the focus moves; no key does. */
const FOCUS_REPORTS = ["\x1b[I", "\x1b[O"];

/** Takes from a terminal what it would do beyond showing text. */
export function guard({ parser }: Terminal): void {
  const ignore = () => true;
  for (const each of QUESTIONS) parser.registerCsiHandler(each, ignore);
  for (const each of COMMANDS) parser.registerOscHandler(each, ignore);
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, ignore);
  for (const each of REPEATED) {
    parser.registerCsiHandler(each, (params) => Number(params[0]) > MOST_TIMES);
  }
}

/** Whether it is input: of the user, that is. */
export function isInput(data: string): boolean {
  return !FOCUS_REPORTS.includes(data);
}
