/** The book of what was asked of which VM, and how it is asked. */
import type { Api, Resource } from "../data/api.ts";
import { VMIS, VMS } from "../data/resources.ts";
import { finishTasks, runTask } from "../data/tasks.ts";
import { buildCall, type Subject, type Verb } from "../model/power.ts";
import { type RowKind, rowKey } from "../model/row.ts";
import { acceptWish, beginWish, observeWish, refuseWish, type Wish } from "../model/wish.ts";

/** How a wish ended, for those who hear rather than see the page. */
export interface Outcome {
  readonly verb: Verb;
  readonly name: string;
  readonly done: boolean;
}

export class WishBook {
  readonly #wishes = new Map<string, Wish>();
  #outcome: Outcome | null = null;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly readOutcome = (): Outcome | null => this.#outcome;

  get(key: string): Wish | undefined {
    return this.#wishes.get(key);
  }

  set(key: string, wish: Wish | null): void {
    const before = this.#wishes.get(key);
    if (before === (wish ?? undefined)) return;
    if (wish === null) this.#wishes.delete(key);
    else this.#wishes.set(key, wish);
    const ended = wish === null ? before?.state !== "failed" : wish.state === "failed";
    if (ended) this.#tell(key, (wish ?? before) as Wish, wish === null);
    if (wish === null && before?.verb === "delete") noteDeparture(key, before);
    for (const listener of this.#listeners) listener();
  }

  change(key: string, change: (wish: Wish) => Wish | null): void {
    const wish = this.#wishes.get(key);
    if (wish !== undefined) this.set(key, change(wish));
  }

  /** What the objects are now; undefined: it is not known, null: it is gone. */
  observe(find: (key: string) => Subject | null | undefined): void {
    for (const key of [...this.#wishes.keys()]) {
      const subject = find(key);
      if (subject !== undefined) this.change(key, (wish) => observeWish(wish, subject));
    }
  }

  #tell(key: string, wish: Wish, done: boolean): void {
    const name = key.slice(key.lastIndexOf("/") + 1);
    this.#outcome = { verb: wish.verb, name, done };
  }
}

/** A page has seen that it is gone: the task log need not look for itself. */
function noteDeparture(gone: string, { uid, state }: Wish): void {
  if (state !== "waiting") return;
  finishTasks(({ resource, namespace, name, ...departing }) => {
    const key = rowKey(resource.kind as RowKind, namespace, name);
    return key === gone && departing.uid === uid;
  });
}

/** The key that a subject's wishes have. */
export function subjectKey({ kind, namespace, name }: Subject): string {
  return rowKey(kind, namespace, name);
}

export interface Order {
  readonly verb: Verb;
  readonly subject: Subject;
  /** For the task log. */
  readonly title: string;
}

/** Asks for it. Ends when the API has answered; a refusal is in the book and in the task log. */
export async function carryOut(api: Api, book: WishBook, order: Order): Promise<void> {
  const { verb, subject, title } = order;
  const { kind, namespace, name, uid } = subject;
  const key = subjectKey(subject);
  const departing = { resource: findResource(subject), namespace, name, uid };
  book.set(key, beginWish(verb, subject, Date.now()));
  try {
    await runTask(
      { title, object: { kind, namespace, name } },
      () => send(api, verb, subject),
      verb === "delete" ? departing : undefined,
    );
    book.change(key, acceptWish);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    book.change(key, (wish) => refuseWish(wish, message));
  }
}

/** Of many, this many are sent at a time. */
const AT_ONCE = 4;

/** Asks for all of it, few at a time; those that wait for their turn are in the book already. */
export async function carryOutAll(
  api: Api,
  book: WishBook,
  orders: readonly Order[],
): Promise<void> {
  const asked = Date.now();
  for (const { verb, subject } of orders) {
    book.set(subjectKey(subject), beginWish(verb, subject, asked));
  }
  const queue = orders.values();
  const work = async () => {
    for (const order of queue) await carryOut(api, book, order);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function send(api: Api, verb: Verb, subject: Subject): Promise<void> {
  const { namespace, name, uid } = subject;
  if (verb !== "delete") {
    await api.call(buildCall(verb, subject));
    return;
  }
  // the one that was looked at, and no other that has its name meanwhile
  await api.delete(findResource(subject), name, { namespace, uid: uid === "" ? undefined : uid });
}

function findResource({ kind }: Subject): Resource {
  return kind === "VirtualMachine" ? VMS : VMIS;
}
