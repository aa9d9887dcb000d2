/** One sentence that a page leaves behind: shown above the next one, until that is left as well. */
import { useSyncExternalStore } from "react";

export interface News {
  readonly text: string;
  /** Path of the page that it is shown on. */
  readonly path: string;
}

let news: News | null = null;
const listeners = new Set<() => void>();

export function tellNews(next: News | null): void {
  news = next;
  for (const listener of listeners) listener();
}

/** What is to be said on a page has been said when the page is left. */
export function leaveNews(path: string): void {
  if (news?.path === path) tellNews(null);
}

export function useNews(): News | null {
  return useSyncExternalStore(subscribeNews, readNews);
}

export function readNews(): News | null {
  return news;
}

function subscribeNews(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
