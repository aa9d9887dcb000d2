/**
 * What a page asks for first is asked for before its code is there: who is logged in, and on the
 * list of VMs these. A small script of its own does that (src/ahead.ts); `ask` takes the answers
 * when the page comes to its questions. They are the same questions: nothing else changes.
 */

/** What is not taken by then never will be, and keeps one of the browser's six connections. */
const KEPT_MILLISECONDS = 20_000;

interface Asked {
  readonly answer: Promise<Response>;
  readonly controller: AbortController;
  readonly timer: ReturnType<typeof setTimeout>;
}

declare global {
  /** Two scripts share it, which have no module in common. */
  var virtpodAhead: Map<string, Asked> | undefined;
}

/** Asks now what `takeAhead` is to give for the same address and Accept. */
export function askAhead(url: URL, headers: Readonly<Record<string, string>>): void {
  globalThis.virtpodAhead ??= new Map();
  const key = nameQuestion(url, headers);
  const controller = new AbortController();
  const { signal } = controller;
  const answer = fetch(url, { credentials: "same-origin", redirect: "error", headers, signal });
  // told to who takes it; nobody may
  answer.catch(() => {});
  const timer = setTimeout(() => drop(key), KEPT_MILLISECONDS);
  globalThis.virtpodAhead.set(key, { answer, controller, timer });
}

/** The answer to a question that was asked ahead: once, and undefined when there is none. */
export function takeAhead(url: URL, init: RequestInit): Promise<Response> | undefined {
  const key = nameQuestion(url, init.headers);
  const asked = globalThis.virtpodAhead?.get(key);
  if (asked === undefined || (init.method ?? "GET") !== "GET") return undefined;
  globalThis.virtpodAhead?.delete(key);
  const { answer, controller, timer } = asked;
  clearTimeout(timer);
  const { signal } = init;
  if (signal?.aborted) controller.abort(signal.reason);
  signal?.addEventListener("abort", () => controller.abort(signal.reason));
  return answer;
}

/** Whoever comes in now asks for themself. */
export function dropAhead(): void {
  for (const key of [...(globalThis.virtpodAhead?.keys() ?? [])]) drop(key);
}

function drop(key: string): void {
  const asked = globalThis.virtpodAhead?.get(key);
  globalThis.virtpodAhead?.delete(key);
  clearTimeout(asked?.timer);
  asked?.controller.abort();
}

function nameQuestion(url: URL, headers: RequestInit["headers"]): string {
  return `${new Headers(headers).get("accept")} ${url.href}`;
}
