/**
 * What somebody has asked of a VM, from the click until it really is so.
 *
 * The API's answer to a verb only says that it is wanted. A wish ends when the status tells that
 * it came true; one that was refused stays until somebody takes note.
 */
import { type Obstacle, readState, type Subject, type Verb } from "./power.ts";

export interface Wish {
  readonly verb: Verb;
  readonly uid: string;
  /** Milliseconds since 1970. */
  readonly asked: number;
  readonly state: "sending" | "waiting" | "failed";
  /** The status has been another since. */
  readonly left: boolean;
  readonly from: string;
  /** Of a failure: the API's sentence, or what came in between. */
  readonly message: string;
  readonly obstacle: Obstacle | null;
}

/** From here on a wish is said to take long; seconds. */
export const LONG_SECONDS = 120;

/** A wish that is being sent. */
export function beginWish(verb: Verb, subject: Subject, asked: number): Wish {
  const { uid, status } = subject;
  const none = { left: false, message: "", obstacle: null };
  return { verb, uid, asked, state: "sending", from: status, ...none };
}

/** The API has said yes. Null: there is nothing to wait for, because no status tells of it. */
export function acceptWish(wish: Wish): Wish | null {
  const done = wish.verb === "reset" || wish.verb === "softReboot";
  return done ? null : { ...wish, state: "waiting" };
}

/** The API has said no. */
export function refuseWish(wish: Wish, message: string): Wish {
  return { ...wish, state: "failed", message };
}

/**
 * The wish in the light of what the object is now; `subject` null: it is gone. The answer is the
 * same object when nothing changed, and null when the wish came true or means nothing any more.
 */
export function observeWish(wish: Wish, subject: Subject | null): Wish | null {
  if (subject === null || (wish.uid !== "" && subject.uid !== wish.uid)) return null;
  const left = wish.left || subject.status !== wish.from;
  const seen = left === wish.left ? wish : { ...wish, left };
  if (wish.state !== "waiting") return seen;
  if (isFulfilled(seen, subject)) return null;
  const obstacle = findObstacle(seen, subject);
  return obstacle === null ? seen : { ...seen, state: "failed", obstacle };
}

function isFulfilled({ verb, left }: Wish, { status, paused }: Subject): boolean {
  const state = readState(status);
  switch (verb) {
    case "start":
      return state === "on";
    case "restart":
      return state === "on" && left;
    case "stop":
    case "forceStop":
      return state === "off" || state === "looping" || state === "ended";
    case "pause":
      return paused;
    case "unpause":
      return state === "on" && !paused;
    default:
      return false;
  }
}

/** What makes that a wish will not come true. */
function findObstacle({ verb, left }: Wish, { status }: Subject): Obstacle | null {
  const state = readState(status);
  const off = state === "off" || state === "ended";
  if (verb === "pause" || verb === "unpause") return off ? "does not run" : null;
  // between a restart's stop and start the VM may be Stopped for a moment: only a start fails so
  return verb === "start" && left && off ? "does not run" : null;
}

/** True when the VM stands still on its way: its status is the reason, and somebody has to act. */
export function isStuck({ verb, state }: Wish, { status }: Subject): boolean {
  if (state !== "waiting" || (verb !== "start" && verb !== "restart")) return false;
  return /^Err|Error|BackOff$/.test(status);
}
