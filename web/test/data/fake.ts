/** A clock that stands still until it is told, and an Api that does what a test says. */
import type {
  Api,
  KubeObject,
  List,
  ListSelection,
  Selection,
  Table,
  WatchEvent,
} from "../../src/data/api.ts";
import type { Clock } from "../../src/data/clock.ts";
import { openFeed } from "../../src/data/feed.ts";
import type { Live } from "../../src/data/live.ts";
import { VMS } from "../../src/data/resources.ts";

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class FakeClock implements Clock {
  #time = 0;
  readonly #timers = new Set<{ readonly due: number; readonly call: () => void }>();
  readonly #frames = new Set<() => void>();
  readonly #wakes = new Set<() => void>();
  chance = 0;

  now = () => this.#time;
  random = () => this.chance;

  after(milliseconds: number, call: () => void): () => void {
    const timer = { due: this.#time + milliseconds, call };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  frame(call: () => void): () => void {
    this.#frames.add(call);
    return () => this.#frames.delete(call);
  }

  onWake(call: () => void): () => void {
    this.#wakes.add(call);
    return () => this.#wakes.delete(call);
  }

  /** How many timers and listeners there are. */
  get held(): { timers: number; wakes: number; frames: number } {
    return { timers: this.#timers.size, wakes: this.#wakes.size, frames: this.#frames.size };
  }

  /** Milliseconds until each timer, the nearest first. */
  get waits(): number[] {
    return [...this.#timers].map(({ due }) => due - this.#time).sort((one, other) => one - other);
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.#time + milliseconds;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].sort((one, other) => one.due - other.due);
      if (next === undefined || next.due > end) break;
      this.#timers.delete(next);
      this.#time = next.due;
      next.call();
      await settle();
    }
    this.#time = end;
  }

  /** Time passes, and timers do not hear of it. */
  sleep(milliseconds: number): void {
    this.#time += milliseconds;
  }

  /** Draws the screen; says how many waited for it. */
  async draw(): Promise<number> {
    await settle();
    const calls = [...this.#frames];
    this.#frames.clear();
    for (const call of calls) call();
    return calls.length;
  }

  wake(): void {
    for (const call of [...this.#wakes]) call();
  }
}

type Told = { readonly event: WatchEvent<KubeObject> } | { readonly error: unknown } | "end";

/** One watch that was asked for. */
export class FakeWatch implements AsyncIterable<WatchEvent<KubeObject>> {
  readonly version: string;
  readonly signal: AbortSignal;
  readonly #told: Told[] = [];
  #wake = () => {};
  /** It is read no more. */
  over = false;

  constructor(version: string, signal: AbortSignal) {
    this.version = version;
    this.signal = signal;
    signal.addEventListener("abort", () => this.#tell({ error: signal.reason }), { once: true });
  }

  tell(...events: WatchEvent<KubeObject>[]): void {
    for (const event of events) this.#tell({ event });
  }
  fail(error: unknown): void {
    this.#tell({ error });
  }
  end(): void {
    this.#tell("end");
  }

  #tell(told: Told): void {
    this.#told.push(told);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent<KubeObject>> {
    try {
      for (;;) {
        const told = this.#told.shift();
        if (told === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        } else if (told === "end") return;
        else if ("error" in told) throw told.error;
        else yield told.event;
      }
    } finally {
      this.over = true;
    }
  }
}

type Listed = List<KubeObject> | Table;

/** Answers lists by `answer`, and keeps the watches that were asked for. */
export class FakeApi {
  readonly watches: FakeWatch[] = [];
  lists = 0;
  /** The version that each list was to have; undefined for the newest. */
  readonly wanted: (string | undefined)[] = [];
  answer: () => Listed | Promise<Listed> = () => makeList("1");

  get last(): FakeWatch {
    const watch = this.watches.at(-1);
    if (watch === undefined) throw new Error("no watch was asked for");
    return watch;
  }

  readonly api = this.#build();

  #build(): Api {
    const list = async (_: unknown, which: ListSelection = {}) => {
      this.lists += 1;
      this.wanted.push(which.resourceVersion);
      return this.answer();
    };
    const watch = (_: unknown, which: { resourceVersion: string }, signal: AbortSignal) => {
      const made = new FakeWatch(which.resourceVersion, signal);
      this.watches.push(made);
      return made;
    };
    return { list, table: list, watch, watchTable: watch } as unknown as Api;
  }
}

export function makeObject(name: string, version: string, namespace = "default"): KubeObject {
  return { metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: version } };
}

export function makeList(version: string, ...items: KubeObject[]): List<KubeObject> {
  return { items, resourceVersion: version };
}

/** Looks at VMs as a page does: what is shown, how often that changed, and how to look away. */
export function openList(fake: FakeApi, clock: FakeClock, selection: Selection = {}) {
  const feed = openFeed(fake.api, "list", VMS, selection, clock);
  const seen = { count: 0 };
  const leave = feed.subscribe(() => {
    seen.count += 1;
  });
  return { feed, seen, leave, read: () => feed.read() as Live<KubeObject> };
}

export function names(live: Live<KubeObject>): string[] {
  return live.items.map(({ metadata }) => metadata.name);
}
