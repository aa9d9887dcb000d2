/** Asks what the user may do: each question once, six at a time, answers kept for 60 s. */
import type { Api } from "./api.ts";
import { CLOCK, type Clock } from "./clock.ts";

/** What one wants to do; an empty namespace means all of them. */
export interface RightQuestion {
  readonly verb: string;
  readonly resource: { readonly group: string; readonly plural: string };
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface Right {
  readonly state: "unknown" | "allowed" | "denied";
  /** The API server's words; often empty. */
  readonly reason: string;
}

export interface RightsView {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => readonly Right[];
}

const PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const KEEP = 60_000;
const RETRY = 10_000;
const PARALLEL = 6;
/** Answers that nobody looks at are forgotten above this number, the oldest first. */
const LIMIT = 500;
const UNKNOWN: Right = { state: "unknown", reason: "" };

interface Answer {
  right: Right;
  /** When it is asked again, if somebody looks at it. */
  due: number;
  asking: boolean;
  lookers: number;
}

const desks = new WeakMap<Api, Desk>();

/** The answers to these questions, in their order; asks when somebody subscribes. */
export function openRights(
  api: Api,
  questions: readonly RightQuestion[],
  clock: Clock = CLOCK,
): RightsView {
  const desk = desks.get(api) ?? new Desk(api, clock);
  desks.set(api, desk);
  const keys = questions.map((each) => JSON.stringify(buildAttributes(each)));
  let held: readonly Right[] = keys.map((key) => desk.read(key));
  return {
    subscribe: (listener) => desk.subscribe(keys, listener),
    read() {
      const now = keys.map((key) => desk.read(key));
      if (now.some((right, index) => right !== held[index])) held = now;
      return held;
    },
  };
}

class Desk {
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #answers = new Map<string, Answer>();
  readonly #queue: string[] = [];
  readonly #listeners = new Set<{ readonly call: () => void }>();
  #running = 0;
  #callOff: (() => void) | undefined;

  constructor(api: Api, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  read(key: string): Right {
    return this.#answers.get(key)?.right ?? UNKNOWN;
  }

  subscribe(keys: readonly string[], call: () => void): () => void {
    const listener = { call };
    this.#listeners.add(listener);
    for (const key of keys) this.#find(key).lookers += 1;
    this.#askDue();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#listeners.delete(listener);
      for (const key of keys) this.#find(key).lookers -= 1;
      this.#forget();
    };
  }

  #find(key: string): Answer {
    const held = this.#answers.get(key);
    if (held !== undefined) return held;
    const made = { right: UNKNOWN, due: 0, asking: false, lookers: 0 };
    this.#answers.set(key, made);
    return made;
  }

  /** Asks for what is due, and wakes up again when the next answer is. */
  #askDue(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [key, answer] of this.#answers) {
      if (answer.lookers === 0 || answer.asking) continue;
      if (answer.due > now) next = Math.min(next, answer.due);
      else {
        answer.asking = true;
        this.#queue.push(key);
      }
    }
    this.#callOff?.();
    this.#callOff =
      next === Number.POSITIVE_INFINITY
        ? undefined
        : this.#clock.after(next - now, () => this.#askDue());
    while (this.#running < PARALLEL && this.#queue.length > 0) void this.#work();
  }

  async #work(): Promise<void> {
    this.#running += 1;
    for (let key = this.#queue.shift(); key !== undefined; key = this.#queue.shift()) {
      const answer = this.#find(key);
      if (answer.lookers > 0) await this.#ask(key, answer);
      answer.asking = false;
    }
    this.#running -= 1;
    this.#askDue();
  }

  async #ask(key: string, answer: Answer): Promise<void> {
    let [right, keep] = [answer.right, KEEP];
    try {
      right = toRight(await this.#api.call({ method: "POST", path: PATH, body: buildReview(key) }));
    } catch (error) {
      // an answer of a minute ago is better than none
      if (right.state === "unknown") right = { state: "unknown", reason: String(error) };
      keep = RETRY;
    }
    answer.due = this.#clock.now() + keep;
    if (right.state === answer.right.state && right.reason === answer.right.reason) return;
    answer.right = right;
    for (const { call } of this.#listeners) call();
  }

  #forget(): void {
    for (const [key, answer] of this.#answers) {
      if (this.#answers.size <= LIMIT) return;
      if (answer.lookers === 0 && !answer.asking) this.#answers.delete(key);
    }
  }
}

function buildAttributes({ verb, resource, subresource, namespace, name }: RightQuestion) {
  const { group, plural } = resource;
  return { verb, group, resource: plural, subresource, namespace, name };
}

function buildReview(key: string) {
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: JSON.parse(key) },
  };
}

function toRight(review: unknown): Right {
  const status = (review as { status?: { allowed?: boolean; reason?: string } })?.status;
  return { state: status?.allowed ? "allowed" : "denied", reason: status?.reason ?? "" };
}
