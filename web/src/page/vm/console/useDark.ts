/** Whether the pages are dark now: for what CSS does not reach. */
import { useSyncExternalStore } from "react";

const DARK_CLASS = "pf-v6-theme-dark";

export function useDark(): boolean {
  return useSyncExternalStore(subscribe, isDark);
}

export function isDark(): boolean {
  return document.documentElement.classList.contains(DARK_CLASS);
}

function subscribe(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["class"] });
  return () => observer.disconnect();
}
