/** The terminal of a serial console: xterm.js, and what keeps it safe, fast and readable. */
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import terminalStyles from "@xterm/xterm/css/xterm.css" with { type: "text" };
import { Intake } from "../../../model/intake.ts";
import { findPlace, type Place } from "../../../model/place.ts";
import { guard, isInput } from "./guard.ts";
import { DARK, LIGHT } from "./palette.ts";
import { Reader, type Telling } from "./reader.ts";
import { adoptOnce } from "./sheets.ts";

const SCROLLBACK_LINES = 10_000;
const FONT_PIXELS = 14;
const FONT_VARIABLE = "--pf-t--global--font--family--mono";
/** WCAG's AA: a guest's colours are changed as far as that needs. */
const CONTRAST = 4.5;
/** Bytes that wait to be shown; beyond it the oldest go. */
const INTAKE_BYTES = 2 * 1024 * 1024;
/** Bytes given to xterm.js at once; it looks at the clock between them. */
const CHUNK_BYTES = 4 * 1024;
const HIGH_WATER_BYTES = 64 * 1024;
const LOW_WATER_BYTES = 16 * 1024;
/** CAN ends an escape sequence that lost its end; SGR 0 ends its colours. */
const CUT = "\x18\x1b[0m";
/** RIS after CAN: all as it was at the beginning, the scrollback gone. */
const RESET = "\x18\x1bc";

export interface TerminalEvents {
  /** Bytes for the guest. */
  readonly onInput: (bytes: Uint8Array) => void;
  readonly onSelect: (selected: boolean) => void;
  /** What a screen reader is to say. */
  readonly onTelling: (telling: Telling) => void;
  /** Words for bytes that were lost. */
  readonly nameLoss: (bytes: number) => string;
}

export class SerialTerminal {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #intake = new Intake(INTAKE_BYTES);
  readonly #reader: Reader;
  readonly #events: TerminalEvents;
  readonly #observer: ResizeObserver;
  #pending = 0;
  /** What is written before the first bytes of a session. */
  #first = "";
  #found: Place | null = null;

  /** @param label what a screen reader calls it */
  constructor(host: HTMLElement, label: string, dark: boolean, events: TerminalEvents) {
    adoptOnce(terminalStyles);
    Terminal.strings.promptLabel = label;
    this.#events = events;
    this.#terminal = new Terminal({
      scrollback: SCROLLBACK_LINES,
      fontFamily: readFont(),
      fontSize: FONT_PIXELS,
      minimumContrastRatio: CONTRAST,
      screenReaderMode: true,
      cursorBlink: false,
      drawBoldTextInBrightColors: false,
      logLevel: "off",
    });
    const terminal = this.#terminal;
    this.setDark(dark);
    guard(terminal);
    terminal.loadAddon(this.#fit);
    terminal.open(host);
    // Ours is polite, and does not read out a flood.
    host.querySelector(".live-region")?.setAttribute("aria-live", "off");
    this.#reader = new Reader(terminal, events.onTelling);
    terminal.onData((data) => this.#type(new TextEncoder().encode(data), isInput(data)));
    terminal.onBinary((data) =>
      this.#type(
        Uint8Array.from(data, (each) => each.charCodeAt(0)),
        true,
      ),
    );
    terminal.onSelectionChange(() => events.onSelect(terminal.hasSelection()));
    this.#observer = new ResizeObserver(() => this.#fit.fit());
    this.#observer.observe(host);
    void document.fonts.load(`${FONT_PIXELS}px ${readFont()}`).then(() => this.#measure());
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  /** Whether a shell is ready to take several lines as one paste. */
  get takesPastes(): boolean {
    return this.#terminal.modes.bracketedPasteMode;
  }

  /** Shows bytes of the guest, as fast as it can. */
  write(bytes: Uint8Array): void {
    if (this.#first !== "") this.#terminal.write(this.#first);
    this.#first = "";
    this.#intake.push(bytes);
    this.#pump();
  }

  /**
   * A new session. Of the same guest its last bytes come again, so what is shown goes with the
   * first of them; what another one left behind stays above.
   */
  begin(same: boolean): void {
    this.#intake.clear();
    this.#first = same ? RESET : `${CUT}\r\n`;
    this.#reader.begin();
  }

  paste(text: string): void {
    this.#terminal.paste(text);
    this.focus();
  }

  /** Types what tells a shell how large this terminal is. */
  typeSize(): void {
    const { rows, cols } = this.#terminal;
    this.#terminal.input(`stty rows ${rows} cols ${cols}\r`);
    this.focus();
  }

  clear(): void {
    this.#terminal.clear();
  }

  /** Ends what escape sequences left behind: colours, modes, the other screen. */
  reset(): void {
    this.#terminal.reset();
  }

  focus(): void {
    this.#terminal.focus();
  }

  setKeys(handle: (event: KeyboardEvent) => boolean): void {
    this.#terminal.attachCustomKeyEventHandler(handle);
  }

  setDark(dark: boolean): void {
    this.#terminal.options.theme = dark ? DARK : LIGHT;
  }

  /** Selects the next place of a text, upwards first; false when there is none. */
  find(wanted: string, back: boolean): boolean {
    const { active } = this.#terminal.buffer;
    const read = (line: number) => active.getLine(line)?.translateToString(true) ?? "";
    const place = findPlace(read, active.length, wanted, this.#found, back);
    this.#found = place;
    if (place === null) {
      this.#terminal.clearSelection();
      return false;
    }
    this.#terminal.select(place.at, place.line, wanted.length);
    this.#terminal.scrollToLine(Math.max(0, place.line - Math.floor(this.#terminal.rows / 2)));
    return true;
  }

  /** The next search begins at the end. */
  forgetFound(): void {
    this.#found = null;
  }

  dispose(): void {
    this.#observer.disconnect();
    this.#reader.dispose();
    this.#terminal.dispose();
  }

  #type(bytes: Uint8Array, byUser: boolean): void {
    if (!byUser) return;
    this.#reader.type();
    this.#events.onInput(bytes);
  }

  #measure(): void {
    // A font that came late has other widths: naming it anew measures again.
    this.#terminal.options.fontFamily = `${readFont()}, monospace`;
    this.#fit.fit();
  }

  #pump(): void {
    while (this.#pending < HIGH_WATER_BYTES) {
      const piece = this.#intake.take(CHUNK_BYTES);
      if (piece === null) return;
      if (piece.skipped > 0) {
        this.#terminal.write(`${CUT}\r\n[${this.#events.nameLoss(piece.skipped)}]\r\n`);
      }
      const { length } = piece.bytes;
      this.#pending += length;
      this.#terminal.write(piece.bytes, () => {
        this.#pending -= length;
        if (this.#pending < LOW_WATER_BYTES) this.#pump();
      });
    }
  }
}

function readFont(): string {
  const style = getComputedStyle(document.documentElement);
  return style.getPropertyValue(FONT_VARIABLE).trim() || "monospace";
}
