/** Code that is loaded when it is needed, and how to tell why it is not there. */

/** Code could not be loaded: the network is away, or a newer version is served now. */
export class CodeLoadError extends Error {}

/** While replicas are replaced one after the other, the next answer may be another one's. */
const PAUSES_MS = [300, 700, 2000];

/**
 * Loads code, with some patience. What fails is a CodeLoadError, which the fence around the pages
 * knows; at once where a newer version is there to be loaded instead.
 */
export async function loadCode<M>(
  load: () => Promise<M>,
  pausesMs: readonly number[] = PAUSES_MS,
): Promise<M> {
  for (const pause of pausesMs) {
    try {
      return await load();
    } catch (cause) {
      if (await isReplaced()) throw new CodeLoadError(String(cause), { cause });
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load().catch((cause) => {
    throw new CodeLoadError(String(cause), { cause });
  });
}

/**
 * Whether the server has another version of these pages than this one, and all that it begins with;
 * false when it is away. The browser keeps what it got: a new start needs none of it from a replica
 * that does not have it yet.
 */
export async function isReplaced(): Promise<boolean> {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store" });
    if (!answer.ok) return false;
    const served = new DOMParser().parseFromString(await answer.text(), "text/html");
    const scripts = listScripts(served);
    if (scripts === "" || scripts === listScripts(document)) return false;
    return (await Promise.all(listFiles(served).map(isThere))).every(Boolean);
  } catch {
    return false;
  }
}

/** Scripts, what they import, and styles, as the document names them. */
function listFiles(page: Document): string[] {
  const found = page.querySelectorAll(
    "script[src], link:is([rel=modulepreload], [rel=stylesheet])",
  );
  return [...found].flatMap((each) => each.getAttribute("src") ?? each.getAttribute("href") ?? []);
}

async function isThere(file: string): Promise<boolean> {
  const answer = await fetch(file);
  // only what was read to its end is kept
  await answer.arrayBuffer();
  return answer.ok;
}

/** The names of a version's scripts say what is in them. */
function listScripts(page: Document): string {
  const scripts = [...page.querySelectorAll("script[src]")];
  return scripts.map((each) => each.getAttribute("src")).join(" ");
}

const KEY = "virtpod.renewed";
/** Replicas that are replaced one after the other may serve both versions for a while. */
const PAUSE_MS = 60_000;

/** Whether the page may load itself anew without being asked; it does that once a minute. */
export function mayRenew(): boolean {
  try {
    const last = Number(sessionStorage.getItem(KEY) ?? 0);
    if (Date.now() - last < PAUSE_MS) return false;
    sessionStorage.setItem(KEY, String(Date.now()));
    return true;
  } catch {
    return false;
  }
}
