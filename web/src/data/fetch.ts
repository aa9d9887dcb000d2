/** The gateway as a transport: fetch and websockets below k8s/, let in by the session's cookie. */
import { takeAhead } from "./ahead.ts";
import { ApiError, type Stream } from "./api.ts";
import type { Sent, Transport } from "./rest.ts";
import type { Form } from "./shown.ts";
import { readMessages } from "./socket.ts";

/** Header that pages of other origins cannot send. */
export const OWN_HEADER = { "x-requested-with": "virtpod" } as const;

/**
 * Watches go through websockets: a browser has six connections for all requests of HTTP/1.1 to one
 * server, and each watch would keep one of them.
 */
const WATCH_PROTOCOLS: Readonly<Record<Form, string>> = {
  list: "watch.virtpod.io",
  table: "table.watch.virtpod.io",
};

/** Half of a table, and shown by nothing: the gateway leaves them out for who prefers that. */
export const THIN_TABLES = { prefer: "managed-fields=none" } as const;

/** `base` is where the pages are served. */
export function openFetchTransport(base: URL): Transport {
  const root = new URL("k8s/", base);
  const open = (path: string, protocols: readonly string[]) => {
    const url = locate(root, path);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(url, [...protocols]);
  };
  return {
    async send(path: string, { headers, ...sent }: Sent): Promise<Response> {
      const own = sent.method === "GET" ? THIN_TABLES : OWN_HEADER;
      return ask(locate(root, path), { ...sent, headers: { ...headers, ...own } });
    },
    stream: (path, protocols = []): Stream => open(path, protocols),
    watch: (path, form, signal) => readMessages(open(path, [WATCH_PROTOCOLS[form]]), signal),
  };
}

/** fetch as pages use it for their own server; throws as fetch does. */
export async function ask(url: URL, init: RequestInit): Promise<Response> {
  const asked = takeAhead(url, init);
  try {
    if (asked !== undefined) return await asked;
  } catch {
    // it was worth a try: the question is asked anew
    init.signal?.throwIfAborted();
  }
  return fetch(url, { credentials: "same-origin", redirect: "error", ...init });
}

/** Refuses paths that a URL makes other ones of: names are taken from addresses, and may be "..". */
function locate(root: URL, path: string): URL {
  const url = new URL(root.href + path.slice(1));
  const [asked = ""] = path.slice(1).split("?");
  if (url.pathname === root.pathname + asked && url.hash === "") return url;
  throw new ApiError(400, "this is no path of the API", "BadRequest");
}
