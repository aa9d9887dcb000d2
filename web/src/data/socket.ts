/** A websocket of text messages, read as a loop. */
import { ApiError, type Stream } from "./api.ts";

/** Messages that the reader has not taken yet; more of them come from no API server at once. */
const LIMIT = 100_000;
const NORMAL = 1000;
/** The server goes away, and another one takes over. */
const GOING_AWAY = 1001;

/**
 * Ends when the server closes orderly; throws ApiError when the connection breaks or cannot be
 * made, and the signal's reason. To stop reading closes the socket.
 */
export async function* readMessages(
  socket: Pick<Stream, "onmessage" | "onclose" | "close">,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let held: string[] = [];
  let end: { readonly error?: unknown } | undefined;
  let wake = () => {};
  const finish = (error?: unknown) => {
    end ??= { error };
    wake();
  };
  const abort = () => finish(signal.reason);
  socket.onmessage = ({ data }) => {
    if (typeof data !== "string") return;
    if (held.length >= LIMIT) return finish(new ApiError(0, "the watch is too fast", "TooMuch"));
    held.push(data);
    wake();
  };
  socket.onclose = ({ code, reason }) => {
    if (code === NORMAL || code === GOING_AWAY) finish();
    else finish(new ApiError(0, reason || "the connection broke", "Unreachable"));
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  try {
    for (;;) {
      const taken = held;
      held = [];
      yield* taken;
      if (held.length > 0) continue;
      if (end?.error !== undefined) throw end.error;
      if (end !== undefined) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal.removeEventListener("abort", abort);
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }
}
