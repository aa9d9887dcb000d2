/** A part of the page over all of the window, and, where the browser allows it, of the screen. */
import { type RefObject, useCallback, useEffect, useState } from "react";

const CLASS = "vp-console--full";

/** What Chromium has for pages in full screen: Escape and Alt+Tab for the guest. */
interface KeyboardLock {
  readonly keyboard?: { lock?: () => Promise<void>; unlock?: () => void };
}

export function useFull(ref: RefObject<HTMLElement | null>): [boolean, (full: boolean) => void] {
  const [full, setFull] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!full || element === null) return;
    element.classList.add(CLASS);
    const others = hideOthers(element);
    const left = () => {
      if (document.fullscreenElement === null) setFull(false);
    };
    document.addEventListener("fullscreenchange", left);
    const keys = (navigator as KeyboardLock).keyboard;
    // Refused in frames that may not, and unknown to some browsers: the window is filled then.
    void document.documentElement
      .requestFullscreen?.()
      .then(() => keys?.lock?.())
      .catch(() => {});
    return () => {
      document.removeEventListener("fullscreenchange", left);
      element.classList.remove(CLASS);
      for (const each of others) each.inert = false;
      keys?.unlock?.();
      if (document.fullscreenElement !== null) void document.exitFullscreen().catch(() => {});
    };
  }, [full, ref]);
  return [full, useCallback((wanted: boolean) => setFull(wanted), [])];
}

/** What lies below cannot be reached: neither by the keyboard nor by a screen reader. */
function hideOthers(element: HTMLElement): HTMLElement[] {
  const hidden: HTMLElement[] = [];
  for (let at = element; at !== document.body && at.parentElement !== null; at = at.parentElement) {
    for (const sibling of at.parentElement.children) {
      if (sibling === at || !(sibling instanceof HTMLElement) || sibling.inert) continue;
      sibling.inert = true;
      hidden.push(sibling);
    }
  }
  return hidden;
}
