/** Time, as the feeds see it; tests have their own. */

export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** 0…1 */
  random(): number;
  /** Calls once, later; what it returns calls it off. */
  after(milliseconds: number, call: () => void): () => void;
  /** Calls once, when the screen is drawn next. */
  frame(call: () => void): () => void;
  /** Calls when the machine is back online, or the page is looked at again. */
  onWake(call: () => void): () => void;
}

/** A page in the background is not drawn, and is told all the same. */
const HIDDEN_FRAME = 1000;

export const CLOCK: Clock = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
  frame(call) {
    const once = () => {
      stop();
      call();
    };
    const drawn = requestAnimationFrame(once);
    const timer = setTimeout(once, HIDDEN_FRAME);
    const stop = () => {
      cancelAnimationFrame(drawn);
      clearTimeout(timer);
    };
    return stop;
  },
  onWake(call) {
    const look = () => {
      if (document.visibilityState === "visible") call();
    };
    addEventListener("online", call);
    document.addEventListener("visibilitychange", look);
    return () => {
      removeEventListener("online", call);
      document.removeEventListener("visibilitychange", look);
    };
  },
};
