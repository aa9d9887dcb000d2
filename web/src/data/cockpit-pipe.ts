/** A connection to a unix socket of the session's machine, by a channel of Cockpit's bridge. */
import type { Cockpit, Ending } from "./cockpit-bridge.ts";

/** cockpit-ws takes messages of 128 KiB at most. */
const PIECE_BYTES = 32 * 1024;

export interface Pipe {
  send(bytes: Uint8Array): void;
  /** Ends both directions; `onEnd` is not called any more. */
  close(): void;
  onData: (bytes: Uint8Array) => void;
  onEnd: (ending: Ending) => void;
}

/** Opens the connection; what is sent before it stands, waits. */
export function openPipe(cockpit: Cockpit, unix: string): Pipe {
  const channel = cockpit.channel({ payload: "stream", unix, binary: true });
  let open = true;
  const pipe: Pipe = {
    send(bytes) {
      if (!open) return;
      for (let at = 0; at < bytes.length; at += PIECE_BYTES)
        channel.send(bytes.subarray(at, at + PIECE_BYTES));
    },
    close() {
      if (!open) return;
      open = false;
      channel.close();
    },
    onData: () => {},
    onEnd: () => {},
  };
  channel.addEventListener("message", (_, data) => {
    if (open) pipe.onData(data);
  });
  channel.addEventListener("close", (_, ending) => {
    if (!open) return;
    open = false;
    pipe.onEnd(ending ?? {});
  });
  return pipe;
}
