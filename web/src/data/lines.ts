/** Bytes that come in pieces, made into text and lines. */

/** A line longer than this is no object of an API server, whose limit is below 4 MiB. */
const LINE_LIMIT = 16 * 1024 * 1024;

/** The bytes of an answer; to stop reading them, or the signal, ends the request. */
export async function* readBody(answer: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (answer.body === null) return;
  const reader = answer.body.getReader();
  // it may have ended or failed already
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/** Text piece by piece; a character that is cut by the end of a piece comes with the next. */
export async function* decodeText(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const part of body) {
    const text = decoder.decode(part, { stream: true });
    if (text !== "") yield text;
  }
  const rest = decoder.decode();
  if (rest !== "") yield rest;
}

/**
 * Lines without their ends; empty ones are left out. A last line without an end is half of one:
 * the connection broke in it, so it is left out, too.
 */
export async function* splitLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let held: string[] = [];
  let length = 0;
  for await (const text of decodeText(body)) {
    let from = 0;
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", from)) {
      held.push(text.slice(from, at));
      from = at + 1;
      const line = held.join("");
      [held, length] = [[], 0];
      if (line !== "") yield line;
    }
    if (from === text.length) continue;
    held.push(text.slice(from));
    length += text.length - from;
    if (length > LINE_LIMIT) throw new RangeError("a line of the answer is too long");
  }
}
