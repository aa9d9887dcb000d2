/**
 * Which element scrolls the rows. Where there is room it is the list's own box, as high as what is
 * left of the window, so that headings and toolbar stay; on a small screen it is the page.
 */
import { type RefObject, useLayoutEffect, useState } from "react";

export interface Scroller {
  readonly element: HTMLElement | null;
  /** Pixels from the start of what scrolls to the list. */
  readonly margin: number;
  /** Pixels that the list's own box may be high; null where the page scrolls. */
  readonly height: number | null;
}

const LEAST_HEIGHT = 320;
const BELOW = 24;

export function useScroller(box: RefObject<HTMLElement | null>, own: boolean): Scroller {
  const [scroller, setScroller] = useState<Scroller>({ element: null, margin: 0, height: null });
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () =>
      setScroller((before) => {
        const now = own ? measureOwn(element) : measurePage(element);
        return isSame(before, now) ? before : now;
      });
    measure();
    const observer = new ResizeObserver(measure);
    // what stands above moves the list when it grows
    for (const each of element.parentElement?.children ?? []) observer.observe(each);
    addEventListener("resize", measure);
    return () => {
      observer.disconnect();
      removeEventListener("resize", measure);
    };
  }, [box, own]);
  return scroller;
}

function isSame(one: Scroller, other: Scroller): boolean {
  const { element, margin, height } = one;
  return element === other.element && margin === other.margin && height === other.height;
}

function measureOwn(element: HTMLElement): Scroller {
  const page = findScroller(element);
  const top = element.getBoundingClientRect().top + page.scrollTop;
  const bottom = Math.min(innerHeight, page.getBoundingClientRect().bottom);
  const height = Math.max(LEAST_HEIGHT, Math.floor(bottom - top - BELOW));
  return { element, margin: 0, height };
}

function measurePage(element: HTMLElement): Scroller {
  const page = findScroller(element);
  const margin = element.getBoundingClientRect().top - page.getBoundingClientRect().top;
  return { element: page, margin: Math.round(margin + page.scrollTop), height: null };
}

/** The nearest element around it that scrolls. */
function findScroller(element: HTMLElement): HTMLElement {
  for (let each = element.parentElement; each !== null; each = each.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(each).overflowY)) return each;
  }
  return document.documentElement;
}
