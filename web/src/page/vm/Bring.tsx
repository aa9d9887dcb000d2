import { useEffect } from "react";

const ACTS = ["wheel", "pointerdown", "keydown"] as const;

/**
 * Brings a part of the page into sight, and keeps it there while it and what is about it take their
 * sizes: until the user does something, who is not to be moved about.
 */
export function Bring({ id }: { readonly id: string }) {
  useEffect(() => {
    const part = document.getElementById(id);
    const page = part?.closest("main");
    if (!part || !page) return;
    const sizes = new ResizeObserver(() => part.scrollIntoView({ block: "nearest" }));
    // The part, what pushes it down, and what there is to see of both; each is told of at first.
    for (const each of [part, part.parentElement ?? part, page]) sizes.observe(each);
    const user = new AbortController();
    const options = { capture: true, passive: true, signal: user.signal };
    for (const act of ACTS) document.addEventListener(act, () => sizes.disconnect(), options);
    return () => {
      user.abort();
      sizes.disconnect();
    };
  }, [id]);
  return null;
}
