/** Bytes that arrive in pieces and are taken in others; each is copied at most once. */
export class ByteQueue {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  /** How many bytes wait. */
  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** The byte at a place; undefined behind the end. */
  at(index: number): number | undefined {
    let left = index;
    for (const piece of this.#pieces) {
      if (left < piece.length) return piece[left];
      left -= piece.length;
    }
    return undefined;
  }

  /** Takes exactly so many bytes; they have to be there. */
  take(count: number): Uint8Array {
    const first = this.#pieces[0];
    if (count > 0 && first !== undefined && first.length >= count) return this.#takeFirst(count);
    const taken = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const part = this.takeSome(count - filled);
      if (part.length === 0) throw new RangeError("more bytes were taken than there are");
      taken.set(part, filled);
      filled += part.length;
    }
    return taken;
  }

  /** Takes what is there at hand, at most so many bytes, without copying. */
  takeSome(most: number): Uint8Array {
    const first = this.#pieces[0];
    if (first === undefined) return new Uint8Array(0);
    return this.#takeFirst(Math.min(most, first.length));
  }

  /** Where a line ends (the place of its LF); -1 when no line ends within `limit` bytes. */
  findLine(limit: number): number {
    let before = 0;
    for (const piece of this.#pieces) {
      const found = piece.indexOf(10);
      if (found >= 0) return before + found < limit ? before + found : -1;
      before += piece.length;
      if (before >= limit) return -1;
    }
    return -1;
  }

  #takeFirst(count: number): Uint8Array {
    const first = this.#pieces[0] as Uint8Array;
    const taken = first.subarray(0, count);
    if (count === first.length) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(count);
    this.#length -= count;
    return taken;
  }
}
