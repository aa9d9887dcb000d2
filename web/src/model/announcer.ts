/**
 * What a screen reader is told of a serial console: complete lines, the prompt that stays when the
 * guest has gone quiet, and of a flood its end. What is typed is not repeated: a screen reader says
 * the keys by itself.
 */

/** Lines that are told at once; of more the last ones. */
const MOST_LINES = 10;
/** After a connection comes what was there before: its end is enough. */
const MOST_OLD_LINES = 3;
const MOST_CHARACTERS = 200;

export interface Telling {
  readonly lines: readonly string[];
  /** How many came before these that are not told. */
  readonly skipped: number;
}

export class Announcer {
  #lines: string[] = [];
  #skipped = 0;
  #most = MOST_OLD_LINES;
  #typed = false;
  #prompt = "";

  /** A new session: what comes first is old. */
  begin(): void {
    this.#lines = [];
    this.#skipped = 0;
    this.#most = MOST_OLD_LINES;
    this.#typed = false;
    this.#prompt = "";
  }

  /** Lines that are complete, oldest first, and how many more there were before them. */
  add(lines: readonly string[], skipped: number): void {
    if (lines.length === 0 && skipped === 0) return;
    this.#typed = false;
    this.#prompt = "";
    this.#skipped += skipped;
    for (const line of lines) {
      const text = clean(line);
      if (text !== "") this.#lines.push(text);
    }
    this.#bound();
  }

  /** The user typed: the line that stands now is theirs. */
  type(): void {
    this.#typed = true;
  }

  /** The line with the cursor, once the guest has gone quiet. */
  rest(line: string): void {
    const text = clean(line);
    if (!this.#typed && text !== "" && text !== this.#prompt) {
      this.#lines.push(text);
      this.#bound();
    }
    this.#prompt = text;
  }

  /** What is to be told now; null when there is nothing. */
  take(): Telling | null {
    if (this.#lines.length === 0) return null;
    const telling = { lines: this.#lines, skipped: this.#skipped };
    this.#lines = [];
    this.#skipped = 0;
    this.#most = MOST_LINES;
    return telling;
  }

  #bound(): void {
    const excess = this.#lines.length - this.#most;
    if (excess <= 0) return;
    this.#lines.splice(0, excess);
    this.#skipped += excess;
  }
}

function clean(line: string): string {
  // Control characters, and those that turn the direction of text or join what is apart.
  const text = line.replace(/[\p{Cc}\p{Cf}]+/gu, "").trim();
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
