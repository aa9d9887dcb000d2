/** What was asked of which VM and is not so yet: one book per session, for all pages. */
import { useMemo, useSyncExternalStore } from "react";
import type { Api } from "../data/api.ts";
import { useApi } from "../data/context.tsx";
import type { Wish } from "../model/wish.ts";
import { type Outcome, WishBook } from "./wishBook.ts";

const books = new WeakMap<Api, WishBook>();

/** The book of this session. */
export function useWishBook(): WishBook {
  const api = useApi();
  return useMemo(() => {
    const book = books.get(api) ?? new WishBook();
    books.set(api, book);
    return book;
  }, [api]);
}

/** What is asked of the object with the key. */
export function useWish(key: string): Wish | undefined {
  const book = useWishBook();
  return useSyncExternalStore(book.subscribe, () => book.get(key));
}

/** How the latest wish ended. */
export function useOutcome(): Outcome | null {
  const book = useWishBook();
  return useSyncExternalStore(book.subscribe, book.readOutcome);
}
