/**
 * Carries out what the state machine of a console says: connects, asks why it did not work, waits,
 * and hands each session to who shows it.
 */
import { type Api, ApiError } from "../../../data/api.ts";
import {
  type Console,
  type ConsoleEvent,
  type ConsoleState,
  type Link,
  NEW_CONSOLE,
  reduceConsole,
  showConsole,
  tellReason,
} from "../../../model/console.ts";
import { Channel } from "./channel.ts";

const PROTOCOL = "plain.kubevirt.io";
/** A session that shows nothing by then is none. */
const READY_MS = 30_000;
/** So that the viewers of a node that comes back do not all come at the same moment. */
const SPREAD = 0.25;

/** Shows a session; calls `ready` once the guest is to be seen. Returns what ends the showing. */
export type Attach = (channel: Channel, ready: () => void) => () => void;

export interface ConsoleView {
  readonly state: ConsoleState;
  /** What the server said about it; may be empty. */
  readonly reason: string;
  /** When it is tried again, as of Date.now(). */
  readonly until: number | null;
}

export class ConsoleDriver {
  readonly #api: Pick<Api, "stream" | "call">;
  readonly #path: string;
  readonly #attach: Attach;
  readonly #listeners = new Set<() => void>();
  #console: Console = NEW_CONSOLE;
  #ready = false;
  #until: number | null = null;
  #view: ConsoleView = { state: "loading", reason: "", until: null };
  #leave = () => {};

  /** @param path of the console, below the API server */
  constructor(api: Pick<Api, "stream" | "call">, path: string, attach: Attach) {
    this.#api = api;
    this.#path = path;
    this.#attach = attach;
  }

  readonly read = (): ConsoleView => this.#view;

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  dispatch(event: ConsoleEvent): void {
    const before = this.#console.link;
    this.#console = reduceConsole(this.#console, event);
    const link = this.#console.link;
    if (link !== before && !(before.at === "connecting" && link.at === "open")) {
      this.#leave();
      this.#leave = this.#enter(link);
    }
    this.#publish();
  }

  /** Ends all of it; nothing is told any more. */
  stop(): void {
    this.#listeners.clear();
    this.#leave();
    this.#leave = () => {};
  }

  /** Does what a link needs; returns what undoes it. */
  #enter(link: Link): () => void {
    this.#until = null;
    switch (link.at) {
      case "connecting":
        return this.#connect();
      case "asking":
        return this.#ask();
      case "waiting": {
        const wait = link.wait * (1 - SPREAD + Math.random() * 2 * SPREAD);
        this.#until = Date.now() + wait;
        const timer = setTimeout(() => this.dispatch({ type: "due" }), wait);
        return () => clearTimeout(timer);
      }
      default:
        return () => {};
    }
  }

  #connect(): () => void {
    this.#ready = false;
    const channel = new Channel(this.#api.stream(this.#path, [PROTOCOL]), {
      opened: () => this.dispatch({ type: "opened" }),
      closed: (ending) => this.dispatch({ type: "closed", ...ending }),
    });
    const late = setTimeout(() => channel.close(), READY_MS);
    const detach = this.#attach(channel, () => {
      clearTimeout(late);
      this.#ready = true;
      this.#publish();
    });
    return () => {
      clearTimeout(late);
      detach();
      channel.drop();
    };
  }

  #ask(): () => void {
    const controller = new AbortController();
    const { signal } = controller;
    const answer = (code: number, message: string) => {
      if (!signal.aborted) this.dispatch({ type: "answered", code, message });
    };
    this.#api.call({ path: this.#path, signal }).then(
      () => answer(200, ""),
      (error: unknown) =>
        error instanceof ApiError ? answer(error.code, error.message) : answer(0, String(error)),
    );
    return () => controller.abort();
  }

  #publish(): void {
    const view = {
      state: showConsole(this.#console, this.#ready),
      reason: tellReason(this.#console),
      until: this.#until,
    };
    const old = this.#view;
    if (view.state === old.state && view.reason === old.reason && view.until === old.until) return;
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}
