/** Reads a terminal for screen readers: its complete lines, and the prompt once it is quiet. */
import type { IBuffer, IMarker, Terminal } from "@xterm/xterm";
import { Announcer, type Telling } from "../../../model/announcer.ts";

export type { Telling } from "../../../model/announcer.ts";

/** Lines that are looked at, at once; the announcer tells fewer. */
const MOST_READ = 20;
/** Milliseconds between two tellings. */
const PACE_MS = 1000;
/** The guest is quiet after so long. */
const QUIET_MS = 700;

export class Reader {
  readonly #terminal: Terminal;
  readonly #announcer = new Announcer();
  readonly #tell: (telling: Telling) => void;
  /** The line that is to be read next; it moves with the scrollback. */
  #mark: IMarker | undefined;
  #pace: ReturnType<typeof setTimeout> | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;

  constructor(terminal: Terminal, tell: (telling: Telling) => void) {
    this.#terminal = terminal;
    this.#tell = tell;
    terminal.onWriteParsed(() => this.#read());
  }

  begin(): void {
    this.#announcer.begin();
  }

  type(): void {
    this.#announcer.type();
  }

  dispose(): void {
    clearTimeout(this.#pace);
    clearTimeout(this.#quiet);
  }

  #read(): void {
    const { active } = this.#terminal.buffer;
    // Programs that fill the screen (editors) are no lines that follow each other.
    if (active.type !== "normal") return;
    const end = active.baseY + active.cursorY;
    // A mark that was scrolled out of the scrollback has no line any more.
    const start = this.#mark === undefined || this.#mark.line < 0 ? 0 : this.#mark.line;
    if (end > start) {
      const first = Math.max(start, end - MOST_READ);
      this.#announcer.add(readLines(active, first, end), first - start);
    }
    if (end !== this.#mark?.line) {
      this.#mark?.dispose();
      this.#mark = this.#terminal.registerMarker(0);
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#rest(), QUIET_MS);
    this.#pace ??= setTimeout(() => {
      this.#pace = undefined;
      this.#say();
    }, PACE_MS);
  }

  #rest(): void {
    const { active } = this.#terminal.buffer;
    if (active.type !== "normal") return;
    this.#announcer.rest(readLine(active, active.baseY + active.cursorY));
    this.#say();
  }

  #say(): void {
    const telling = this.#announcer.take();
    if (telling !== null) this.#tell(telling);
  }
}

/** Rows from `first` up to, not with, `end`; those that were wrapped are one line. */
function readLines(buffer: IBuffer, first: number, end: number): string[] {
  const lines: string[] = [];
  for (let row = first; row < end; row += 1) {
    const text = readLine(buffer, row);
    if (buffer.getLine(row)?.isWrapped && lines.length > 0) lines.push((lines.pop() ?? "") + text);
    else lines.push(text);
  }
  return lines;
}

function readLine(buffer: IBuffer, row: number): string {
  return buffer.getLine(row)?.translateToString(true) ?? "";
}
