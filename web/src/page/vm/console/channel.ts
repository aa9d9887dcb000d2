/** A stream to a console that tells how it goes, whoever else listens to it. */
import type { Stream } from "../../../data/api.ts";

export interface Ending {
  readonly code: number;
  readonly reason: string;
  readonly opened: boolean;
  /** Milliseconds. */
  readonly lasted: number;
}

export interface Watcher {
  opened(): void;
  /** Called once, unless it was dropped before. */
  closed(ending: Ending): void;
}

/**
 * A Stream over another one. noVNC looks for a websocket's properties on an object and on its
 * class, so each of them is here, whatever carries the bytes.
 */
export class Channel implements Stream {
  onopen: Stream["onopen"] = null;
  onmessage: Stream["onmessage"] = null;
  onerror: Stream["onerror"] = null;
  onclose: Stream["onclose"] = null;
  readonly #stream: Stream;
  #since: number | undefined;
  #watcher: Watcher | undefined;

  constructor(stream: Stream, watcher: Watcher) {
    this.#stream = stream;
    this.#watcher = watcher;
    stream.binaryType = "arraybuffer";
    stream.onopen = (event) => {
      this.#since = performance.now();
      this.onopen?.(event);
      this.#watcher?.opened();
    };
    stream.onmessage = (event) => this.onmessage?.(event);
    stream.onerror = (event) => this.onerror?.(event);
    stream.onclose = (event) => this.#end(event);
  }

  get binaryType(): BinaryType {
    return this.#stream.binaryType;
  }

  set binaryType(type: BinaryType) {
    this.#stream.binaryType = type;
  }

  get protocol(): string {
    return this.#stream.protocol;
  }

  get readyState(): number {
    return this.#stream.readyState;
  }

  send(data: Parameters<Stream["send"]>[0]): void {
    if (this.readyState === WebSocket.OPEN) this.#stream.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#stream.close(code, reason);
  }

  /** Closes it, and tells nobody. */
  drop(): void {
    this.#watcher = undefined;
    this.onmessage = null;
    this.close();
  }

  #end(event: CloseEvent): void {
    const watcher = this.#watcher;
    this.#watcher = undefined;
    this.onclose?.(event);
    const since = this.#since;
    watcher?.closed({
      code: event.code,
      reason: event.reason,
      opened: since !== undefined,
      lasted: since === undefined ? 0 : performance.now() - since,
    });
  }
}
