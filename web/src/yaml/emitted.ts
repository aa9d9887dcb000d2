/** What an editor has told of its text, so that it can tell an echo from news; pure. */

/**
 * Texts that the editor told and that have not come back as its value yet. Who types on meanwhile
 * must not be set back to them.
 */
export class Emitted {
  #texts: string[] = [];

  add(text: string): void {
    this.#texts.push(text);
  }

  /** Whether a value is an echo; then it and later texts are still awaited. */
  settle(value: string): boolean {
    const at = this.#texts.lastIndexOf(value);
    this.#texts = at < 0 ? [] : this.#texts.slice(at);
    return at >= 0;
  }
}
