/**
 * Keys that a page presses on the keyboard of a VM: keysyms of X11 (they say the character) along
 * with DOM's codes (they say the place on a US keyboard, which qemu passes on where it can).
 */

export interface Key {
  readonly keysym: number;
  /** Empty where a character has no place on a US keyboard. */
  readonly code: string;
}

/** A press with what is held meanwhile. */
export interface Stroke extends Key {
  readonly held: readonly Key[];
}

export const SHIFT: Key = { keysym: 0xffe1, code: "ShiftLeft" };
export const CONTROL: Key = { keysym: 0xffe3, code: "ControlLeft" };
export const ALT: Key = { keysym: 0xffe9, code: "AltLeft" };
export const WINDOWS: Key = { keysym: 0xffeb, code: "MetaLeft" };

/** What may be held down by a toggle. */
export const MODIFIERS = { ctrl: CONTROL, alt: ALT, shift: SHIFT, win: WINDOWS } as const;
export type Modifier = keyof typeof MODIFIERS;

/** Keys that browsers or systems keep for themselves, and some that keyboards lack. */
export const SPECIAL_KEYS = {
  tab: { keysym: 0xff09, code: "Tab" },
  escape: { keysym: 0xff1b, code: "Escape" },
  insert: { keysym: 0xff63, code: "Insert" },
  delete: { keysym: 0xffff, code: "Delete" },
  home: { keysym: 0xff50, code: "Home" },
  end: { keysym: 0xff57, code: "End" },
  pageUp: { keysym: 0xff55, code: "PageUp" },
  pageDown: { keysym: 0xff56, code: "PageDown" },
  print: { keysym: 0xff61, code: "PrintScreen" },
  scrollLock: { keysym: 0xff14, code: "ScrollLock" },
  pause: { keysym: 0xff13, code: "Pause" },
  menu: { keysym: 0xff67, code: "ContextMenu" },
} as const satisfies Record<string, Key>;
export type SpecialKey = keyof typeof SPECIAL_KEYS;

/** F1 is 1. */
export function functionKey(number: number): Key {
  return { keysym: 0xffbd + number, code: `F${number}` };
}

/** Ends the session, or what the guest makes of it. */
export const CTRL_ALT_DEL: Stroke = { ...SPECIAL_KEYS.delete, held: [CONTROL, ALT] };
export const ALT_TAB: Stroke = { ...SPECIAL_KEYS.tab, held: [ALT] };
export const ALT_F4: Stroke = { ...functionKey(4), held: [ALT] };

/** Switches Linux to another of its consoles. */
export function virtualConsole(number: number): Stroke {
  return { ...functionKey(number), held: [CONTROL, ALT] };
}

/** Places on a US keyboard: each code with its character, and the one with Shift. */
const PLACES: readonly (readonly [code: string, plain: string, shifted: string])[] = [
  ["Backquote", "`", "~"],
  ["Digit1", "1", "!"],
  ["Digit2", "2", "@"],
  ["Digit3", "3", "#"],
  ["Digit4", "4", "$"],
  ["Digit5", "5", "%"],
  ["Digit6", "6", "^"],
  ["Digit7", "7", "&"],
  ["Digit8", "8", "*"],
  ["Digit9", "9", "("],
  ["Digit0", "0", ")"],
  ["Minus", "-", "_"],
  ["Equal", "=", "+"],
  ["BracketLeft", "[", "{"],
  ["BracketRight", "]", "}"],
  ["Backslash", "\\", "|"],
  ["Semicolon", ";", ":"],
  ["Quote", "'", '"'],
  ["Comma", ",", "<"],
  ["Period", ".", ">"],
  ["Slash", "/", "?"],
  ["Space", " ", ""],
];

const BY_CHARACTER = new Map<string, Stroke>();
for (const [code, plain, shifted] of PLACES) {
  BY_CHARACTER.set(plain, { keysym: plain.charCodeAt(0), code, held: [] });
  if (shifted) BY_CHARACTER.set(shifted, { keysym: shifted.charCodeAt(0), code, held: [SHIFT] });
}
BY_CHARACTER.set("\n", { keysym: 0xff0d, code: "Enter", held: [] });
BY_CHARACTER.set("\t", { ...SPECIAL_KEYS.tab, held: [] });

/** Text that is typed at once, at most: a guest's keyboard is no wire. */
export const MOST_TYPED = 1024;

/** How a character is typed on a US keyboard; others go by their keysym alone. */
export function strokeOf(character: string): Stroke {
  const known = BY_CHARACTER.get(character);
  if (known !== undefined) return known;
  const point = character.codePointAt(0) ?? 0;
  if (/^[a-z]$/i.test(character)) {
    const upper = character.toUpperCase();
    return { keysym: point, code: `Key${upper}`, held: character === upper ? [SHIFT] : [] };
  }
  // Latin-1 is its own keysym, the rest of Unicode has a range of its own (X11's Appendix A).
  return { keysym: point <= 0xff ? point : 0x01000000 + point, code: "", held: [] };
}

/** Strokes for a text, line by line; control characters have none. */
export function typeText(text: string): Stroke[] {
  const plain = text.replace(/\r\n?/g, "\n").slice(0, MOST_TYPED);
  return Array.from(plain)
    .filter((each) => each === "\n" || each === "\t" || !/\p{Cc}/u.test(each))
    .map(strokeOf);
}
