/**
 * The address of a page: `#/path?query`, all of it behind the hash, so that the pages work at any
 * address of a server and in Cockpit's frames.
 *
 * The chosen namespace goes with every link that does not say one of its own, so that a choice made
 * once holds on the next page, too. `namespace=` without a value means all namespaces.
 */
import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { BaseLocationHook } from "wouter";
import { useLocation } from "wouter";

/** A path and a query, split at the first question mark; the path begins with a slash. */
export function splitAddress(address: string): [path: string, query: string] {
  const plain = address.replace(/^#?\/?/, "/");
  const at = plain.indexOf("?");
  return at < 0 ? [plain, ""] : [plain.slice(0, at), plain.slice(at + 1)];
}

/** Where a link leads: `to`, and the namespace that was chosen at `from`, unless `to` says one. */
export function carryNamespace(to: string, from: string): string {
  const [path, query] = splitAddress(to);
  const params = new URLSearchParams(query);
  const chosen = new URLSearchParams(splitAddress(from)[1]).get("namespace");
  if (!params.has("namespace") && chosen) params.set("namespace", chosen);
  if (params.get("namespace") === "") params.delete("namespace");
  return joinAddress(path, params);
}

/** A path and a query as one; nothing is added for an empty query. */
export function joinAddress(path: string, params: URLSearchParams): string {
  const query = params.toString();
  return query === "" ? path : `${path}?${query}`;
}

function go(address: string, replace: boolean): void {
  const oldURL = location.href;
  const url = new URL(oldURL);
  url.hash = address;
  if (url.href === oldURL) return;
  history[replace ? "replaceState" : "pushState"](null, "", url.href);
  // Cockpit's shell, too, hears from this event where its frame is.
  dispatchEvent(new HashChangeEvent("hashchange", { oldURL, newURL: url.href }));
}

function subscribe(changed: () => void): () => void {
  const moved = () => {
    stay();
    changed();
  };
  addEventListener("hashchange", moved);
  addEventListener("popstate", moved);
  return () => {
    removeEventListener("hashchange", moved);
    removeEventListener("popstate", moved);
  };
}

/** A page that is not to be left unasked. */
interface Hold {
  here: string;
  readonly ask: (wanted: string) => void;
}
let hold: Hold | null = null;

/**
 * Keeps the page where it is, whoever wants to go elsewhere, "back" included; a changed query is no
 * other page. `ask` gets the hash that was wanted. Returns what lets go again.
 */
export function holdPage(ask: (wanted: string) => void): () => void {
  const mine = { here: location.href, ask };
  hold = mine;
  return () => {
    if (hold === mine) hold = null;
  };
}

/** Every subscriber does this first: the first one puts the address back before anybody reads it. */
function stay(): void {
  if (hold === null) return;
  const target = location.href;
  const [wanted, own] = [target, hold.here].map((url) => splitAddress(new URL(url).hash)[0]);
  if (wanted === own) {
    hold.here = target;
    return;
  }
  history.pushState(null, "", hold.here);
  hold.ask(new URL(target).hash);
}

const readHash = () => location.hash;

function navigate(to: string, options?: { replace?: boolean }): void {
  go(carryNamespace(to, location.hash), options?.replace ?? false);
}

/** For wouter's Router: paths without their query, links with the chosen namespace. */
export const useHashPath: BaseLocationHook = () => {
  const hash = useSyncExternalStore(subscribe, readHash);
  return [splitAddress(hash)[0], navigate];
};
useHashPath.searchHook = () => splitAddress(useSyncExternalStore(subscribe, readHash))[1];
useHashPath.hrefs = (href) => `#${carryNamespace(href, location.hash)}`;

/** Values to set; null takes one away. */
export type QueryChange = Readonly<Record<string, string | null>>;

/**
 * What stands behind the question mark, and how to change it. A change replaces the entry of the
 * history: "back" leads to the page before, not through each letter of a search.
 */
export function useQuery(): [URLSearchParams, (change: QueryChange) => void] {
  const hash = useSyncExternalStore(subscribe, readHash);
  const params = useMemo(() => new URLSearchParams(splitAddress(hash)[1]), [hash]);
  return [params, changeQuery];
}

/** The same for who is no component. */
export function changeQuery(change: QueryChange): void {
  const [path, query] = splitAddress(location.hash);
  const params = new URLSearchParams(query);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === "") params.delete(name);
    else params.set(name, value);
  }
  go(joinAddress(path, params), true);
}

/** The namespace that the user looks at; undefined means all of them. */
export function useNamespace(): string | undefined {
  const [params] = useQuery();
  return params.get("namespace") ?? undefined;
}

/** Goes to a page as a link does. */
export function useGo(): (to: string, options?: { replace?: boolean }) => void {
  const [, wander] = useLocation();
  return useCallback((to, options) => wander(to, options), [wander]);
}

/** Address of a VM's page; a link's `href`. */
export function vmPath(namespace: string, name: string, tab?: string): string {
  const path = `/vms/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  return tab === undefined ? path : `${path}/${tab}`;
}
