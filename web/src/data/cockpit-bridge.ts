/** What is used of Cockpit's own script, base1/cockpit.js, which makes `window.cockpit`. */

/** How a channel or a program ended; no problem: as it should. */
export interface Ending {
  /** A word of Cockpit's: "not-found", "disconnected", "terminated", "access-denied" … */
  readonly problem?: string | null;
  readonly message?: string | null;
}

export interface Channel {
  send(data: string | Uint8Array): void;
  close(problem?: string): void;
  addEventListener(type: "message", heard: (event: unknown, data: Uint8Array) => void): void;
  addEventListener(type: "close", heard: (event: unknown, ending: Ending) => void): void;
}

/** A program that runs; the promise is of all that it printed. It fails with a SpawnFailure. */
export interface Spawned extends PromiseLike<string> {
  stream(heard: (text: string) => void): Spawned;
  close(problem?: string): void;
}

/** Of `message` there is what the program printed as errors. */
export interface SpawnFailure extends Ending {
  readonly exit_status?: number | null;
}

export interface Cockpit {
  channel(options: {
    readonly payload: "stream";
    readonly unix: string;
    readonly binary: true;
  }): Channel;
  spawn(argv: readonly string[], options: { readonly err: "message" }): Spawned;
}

/** Cockpit's script; undefined where the page was opened without Cockpit. */
export function findCockpit(): Cockpit | undefined {
  return (globalThis as { cockpit?: Cockpit }).cockpit;
}
