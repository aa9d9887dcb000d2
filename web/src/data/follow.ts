/** Lists, watches, resumes, and waits after failures: the loop behind each feed. */
import { type Api, ApiError, type Resource, type Selection } from "./api.ts";
import { backOff } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { noteConnection } from "./connection.ts";
import { REMEMBERED } from "./path.ts";
import type { Form, ShownList } from "./shown.ts";

/** What is followed. */
export interface Source {
  readonly api: Api;
  readonly form: Form;
  readonly resource: Resource;
  readonly selection: Selection;
}

/** A watch that ends sooner than this counts as a failure: the loop must not spin. */
const SHORT = 1000;
/** A watch that held so long shows that the failures before it are over. */
const SOUND = 10_000;
/** Rights may be given, and a kind be installed, while the page is open. */
const REFUSED_WAIT = 60_000;
/** After so long the version is too old, or of a cluster that is gone: a watch would not tell. */
const OUTAGE = 300_000;
/** A connection that said nothing for so long may be dead when a machine wakes up. */
const SILENT = 60_000;
const WOKEN = new Error("the machine woke up");

/** Runs until the signal fires; `changed` is called after whatever `shown` was told. */
export async function follow(
  source: Source,
  shown: ShownList,
  clock: Clock,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  await new Follower(source, shown, clock, signal, changed).run();
  noteConnection(shown, null);
}

class Follower {
  readonly #source: Source;
  readonly #shown: ShownList;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #changed: () => void;
  /** Where the next watch begins; empty when everything has to be listed. */
  #version = "";
  #failures = 0;
  /** When it was last known to be live; undefined while it is. */
  #lostAt: number | undefined;
  /** The round before ended because its version was too old. */
  #expired = false;
  #listed = false;

  constructor(
    source: Source,
    shown: ShownList,
    clock: Clock,
    signal: AbortSignal,
    changed: () => void,
  ) {
    this.#source = source;
    this.#shown = shown;
    this.#clock = clock;
    this.#signal = signal;
    this.#changed = changed;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const began = this.#clock.now();
      const error = await this.#round();
      if (this.#signal.aborted) return;
      const wait = this.#judge(error, this.#clock.now() - began);
      if (wait > 0) await this.#pause(wait);
    }
  }

  /** One list, if it is needed, and one watch; returns why it ended, or null for an orderly end. */
  async #round(): Promise<ApiError | null> {
    try {
      if (this.#version === "") await this.#list();
      await this.#watch();
      return null;
    } catch (error) {
      if (error instanceof ApiError) return error;
      if (error === WOKEN) return null;
      return new ApiError(0, error instanceof Error ? error.message : String(error));
    }
  }

  async #list(): Promise<void> {
    const { api, form, resource, selection } = this.#source;
    // one object is read by its key, and must not be missing because it is new
    const remembered = !this.#listed && selection.fieldSelector === undefined;
    const which = remembered ? { ...selection, resourceVersion: REMEMBERED } : selection;
    this.#listed = true;
    const listed = await (form === "table"
      ? api.table(resource, which, this.#signal)
      : api.list(resource, which, this.#signal));
    if (this.#signal.aborted) return;
    this.#shown.replace(listed);
    this.#version = listed.resourceVersion;
    this.#enter("live");
  }

  async #watch(): Promise<void> {
    if (this.#signal.aborted) return;
    const { api, form, resource, selection } = this.#source;
    const controller = new AbortController();
    const abort = () => controller.abort(this.#signal.reason);
    this.#signal.addEventListener("abort", abort);
    let heard = this.#clock.now();
    const stopListening = this.#clock.onWake(() => {
      if (this.#clock.now() - heard > SILENT) controller.abort(WOKEN);
    });
    try {
      const which = { ...selection, resourceVersion: this.#version };
      const events =
        form === "table"
          ? api.watchTable(resource, which, controller.signal)
          : api.watch(resource, which, controller.signal);
      for await (const event of events) {
        if (this.#signal.aborted) return;
        heard = this.#clock.now();
        this.#version = this.#shown.apply(event) || this.#version;
        this.#enter("live");
      }
    } finally {
      stopListening();
      this.#signal.removeEventListener("abort", abort);
    }
  }

  /** Decides what is shown after a round, and how many milliseconds to wait; 0: go on at once. */
  #judge(error: ApiError | null, lasted: number): number {
    if (lasted >= SOUND) this.#failures = 0;
    if (error === null && lasted >= SHORT) {
      this.#expired = false;
      return 0;
    }
    if (error?.code === 410) {
      // what happened since that version is only in a new list
      this.#version = "";
      if (!this.#expired) {
        this.#expired = true;
        return 0;
      }
    }
    this.#expired = false;
    this.#failures += 1;
    if (error !== null) this.#noteLoss();
    if (error !== null && isRefusal(error)) {
      this.#version = "";
      this.#enter("refused", error);
      return REFUSED_WAIT / 2 + (this.#clock.random() * REFUSED_WAIT) / 2;
    }
    if (error !== null) this.#enter(this.#shown.loaded ? "stale" : "loading", error);
    return backOff(this.#failures, this.#clock.random());
  }

  #noteLoss(): void {
    this.#lostAt ??= this.#clock.now();
    if (this.#clock.now() - this.#lostAt > OUTAGE) this.#version = "";
  }

  #enter(state: "loading" | "live" | "stale" | "refused", error?: ApiError): void {
    if (state === "live") this.#lostAt = undefined;
    this.#shown.enter(state, error);
    noteConnection(this.#shown, state === "refused" ? null : (error ?? null));
    this.#changed();
  }

  /** Waits; ends early when the machine wakes up, or the feed is dropped. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        callOff();
        stopListening();
        this.#signal.removeEventListener("abort", done);
        resolve();
      };
      const callOff = this.#clock.after(milliseconds, done);
      const stopListening = this.#clock.onWake(done);
      this.#signal.addEventListener("abort", done);
    });
  }
}

/** Asking again at once would not help: no right, no such kind, a selection that is no selection. */
function isRefusal({ code }: ApiError): boolean {
  return code >= 400 && code < 500 && code !== 408 && code !== 410 && code !== 429;
}
