/** Text on its way from a clipboard into a guest. */

/** More is refused: a serial line has 11 KB/s, and nobody pastes a megabyte on purpose. */
export const MOST_PASTED = 256 * 1024;

/**
 * The text without what a terminal would take for commands: an escape in it could end the bracketed
 * paste that keeps a shell from executing it line by line.
 */
export function cleanPaste(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cc}]/gu, (each) => (each === "\n" || each === "\t" ? each : ""));
}

/** Whether a shell would execute part of it at once, without bracketed paste. */
export function hasLines(text: string): boolean {
  return /\n./s.test(text) || text.endsWith("\n");
}
