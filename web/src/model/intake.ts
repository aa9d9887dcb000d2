/**
 * What came from the guest and was not shown yet: a queue of bytes with a bound. A websocket cannot
 * be told to wait, so when a page is slower than its guest, the oldest bytes go.
 */

/** What is to be shown next; `skipped`: bytes that were lost before it. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly skipped: number;
}

export class Intake {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  /** Where the first chunk begins. */
  #start = 0;
  #length = 0;
  #skipped = 0;

  /** @param limit bytes that are kept at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    const excess = this.#length - this.#limit;
    if (excess > 0) {
      this.#drop(excess);
      this.#skipped += excess;
    }
  }

  /** Takes the oldest bytes, `most` at most; null when nothing waits. */
  take(most: number): Piece | null {
    const first = this.#chunks[0];
    if (first === undefined) return null;
    const bytes = first.subarray(this.#start, this.#start + most);
    this.#drop(bytes.length);
    const skipped = this.#skipped;
    this.#skipped = 0;
    return { bytes, skipped };
  }

  clear(): void {
    this.#chunks = [];
    this.#start = 0;
    this.#length = 0;
    this.#skipped = 0;
  }

  #drop(count: number): void {
    let left = count;
    let whole = 0;
    for (const chunk of this.#chunks) {
      const rest = chunk.length - this.#start;
      if (left < rest) break;
      left -= rest;
      whole += 1;
      this.#start = 0;
    }
    if (whole > 0) this.#chunks.splice(0, whole);
    this.#start += left;
    this.#length -= count;
  }
}
