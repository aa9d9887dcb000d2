/**
 * Keeps a session for as long as a page is open, where its issuer renews it, and tells the page when
 * it is about to end all the same.
 */
import { ApiError } from "./api.ts";
import { backOff } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** What the gateway says of a session. */
export interface Lease {
  readonly user: string;
  /** How long it lasts from now on. */
  readonly seconds: number;
  /** Whether its issuer can make it longer. */
  readonly renews: boolean;
}

/** A session's end that is near. */
export interface Ending {
  /** Milliseconds, as the clock has it. */
  readonly at: number;
  /** Why it is not renewed; undefined where nobody could. */
  readonly why?: Error;
}

export interface KeeperDoor {
  /** Has the session renewed if it is time for that. */
  renew(): Promise<Lease>;
  look(): Promise<Lease>;
  lost(why: string): void;
  /** Does one piece of work at a time in all pages of this browser. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Renewing begins so long before the end, or after half of a shorter life. */
const EARLY_SECONDS = 300;
const WARN_SECONDS = 300;
const SOONEST_MS = 1000;

type KeeperClock = Pick<Clock, "now" | "random" | "after" | "onWake">;

export class Keeper {
  readonly #door: KeeperDoor;
  readonly #clock: KeeperClock;
  readonly #listeners = new Set<() => void>();
  readonly #user: string;
  #lease: Lease;
  #ends = 0;
  /** When something is to be done next. */
  #due = 0;
  #failures = 0;
  #asking: Promise<boolean> | undefined;
  #ending: Ending | null = null;
  #stopTimer = () => {};
  readonly #stopWake: () => void;
  #stopped = false;

  constructor(door: KeeperDoor, clock: KeeperClock, lease: Lease) {
    this.#door = door;
    this.#clock = clock;
    this.#user = lease.user;
    this.#lease = lease;
    this.#take(lease);
    this.#stopWake = clock.onWake(() => this.#wake());
  }

  /** The end, once it is near. */
  readonly read = (): Ending | null => this.#ending;

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
    this.#stopWake();
  }

  /** Tells whether a session that the API does not take any more is one again. */
  async revive(): Promise<boolean> {
    const isOver = this.#clock.now() >= this.#ends;
    return isOver && this.#lease.renews && this.#ask(this.#door.renew);
  }

  #take(lease: Lease): void {
    this.#lease = lease;
    this.#failures = 0;
    const { seconds, renews } = lease;
    this.#ends = this.#clock.now() + seconds * 1000;
    const isNear = !renews && seconds <= WARN_SECONDS;
    this.#tell(isNear ? { at: this.#ends } : null);
    const early = renews ? Math.min(EARLY_SECONDS, seconds / 2) : WARN_SECONDS;
    if (isNear) this.#plan(seconds * 1000);
    // an older gateway says nothing of it
    else if (Number.isFinite(seconds)) this.#plan((seconds - early) * 1000);
  }

  #plan(wanted: number): void {
    const milliseconds = Math.max(wanted, SOONEST_MS);
    this.#stopTimer();
    this.#due = this.#clock.now() + milliseconds;
    this.#stopTimer = this.#clock.after(milliseconds, () => this.#act());
  }

  #act(): void {
    const left = this.#ends - this.#clock.now();
    if (this.#lease.renews) void this.#ask(this.#door.renew);
    // what is open stays so beyond the end, and would not tell
    else if (left <= 0) void this.#ask(this.#door.look);
    else {
      this.#tell({ at: this.#ends });
      this.#plan(left);
    }
  }

  /** Timers stand still while a machine sleeps; and somebody may have logged in in another page. */
  #wake(): void {
    if (this.#ending !== null && !this.#lease.renews) void this.#ask(this.#door.look);
    else if (this.#clock.now() >= this.#due) this.#act();
  }

  #ask(question: () => Promise<Lease>): Promise<boolean> {
    this.#asking ??= this.#askOnce(question).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askOnce(question: () => Promise<Lease>): Promise<boolean> {
    if (this.#stopped) return false;
    try {
      const lease = await this.#door.alone(question);
      if (this.#stopped) return false;
      if (lease.user !== this.#user) {
        this.#door.lost(`${lease.user} has logged in instead`);
        return false;
      }
      this.#take(lease);
      return true;
    } catch (error) {
      if (!this.#stopped) this.#fail(error as Error);
      return false;
    }
  }

  #fail(error: Error): void {
    const code = error instanceof ApiError ? error.code : 0;
    const left = this.#ends - this.#clock.now();
    if (code === 401 || (code === 403 && left <= 0)) {
      this.#door.lost(error.message);
      return;
    }
    this.#tell({ at: this.#ends, why: error });
    if (code === 403) {
      this.#lease = { ...this.#lease, renews: false };
      this.#plan(left);
    } else this.#plan(backOff(++this.#failures, this.#clock.random()));
  }

  #tell(ending: Ending | null): void {
    if (ending === this.#ending) return;
    this.#ending = ending;
    for (const changed of this.#listeners) changed();
  }
}

/** One at a time in all pages of this browser that show the same server. */
export function doAlone<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks.request("virtpod-session", work) as Promise<T>;
}
