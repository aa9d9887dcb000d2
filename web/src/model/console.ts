/**
 * What a console of a VM is doing, and what it does next: a state machine without clock, network or
 * screen. The component feeds it events and carries out what `link` says.
 *
 * Whether there is something to connect to is known from the VM and its instance; how a session
 * ended is known from the close frame of the websocket (docs/consoles.md, "How a session ends").
 * A websocket that was refused tells no reason to a page, so the same path is asked without one.
 */
import { findCondition, type VirtualMachine, type VirtualMachineInstance } from "./kubevirt.ts";

export type ConsoleKind = "serial" | "vnc";

/** What the cluster says of the VM; unknown: it was not read, or may not be. */
export type Machine = "unknown" | "stopped" | "starting" | "running" | "paused" | "no-device";

/** Why there is no session. */
export type Trouble =
  /** It broke, or a server stopped: made anew. */
  | "lost"
  /** Too many sessions, or the node's consoles do not answer: tried again. */
  | "busy"
  /** The guest's side ended it, or it does not run (any more): tried again. */
  | "off"
  /** Somebody asked for the console alone: not taken back without being asked to. */
  | "taken"
  /** No right. */
  | "refused"
  | "no-device";

export type Link =
  | { readonly at: "idle" }
  /** `after`: what it is another try after. */
  | { readonly at: "connecting"; readonly tries: number; readonly after?: Trouble }
  | { readonly at: "open"; readonly tries: number }
  /** Finding out why; `reason` is what the server said when it closed, if it did. */
  | {
      readonly at: "asking";
      readonly tries: number;
      readonly reason: string;
      readonly after?: Trouble;
    }
  | {
      readonly at: "waiting";
      readonly tries: number;
      /** Milliseconds until it is tried again; spread them. */
      readonly wait: number;
      readonly why: Trouble;
      readonly reason: string;
    }
  /** Until the user asks for another try. */
  | { readonly at: "ended"; readonly why: Trouble; readonly reason: string };

export interface Console {
  readonly machine: Machine;
  readonly link: Link;
}

export type ConsoleEvent =
  | { readonly type: "machine"; readonly machine: Machine }
  | { readonly type: "opened" }
  /** `opened`: whether the websocket ever was; `lasted`: for how many milliseconds. */
  | {
      readonly type: "closed";
      readonly code: number;
      readonly reason: string;
      readonly opened: boolean;
      readonly lasted: number;
    }
  /** What the path said without a websocket: HTTP's code, 0 when nothing answered. */
  | { readonly type: "answered"; readonly code: number; readonly message: string }
  /** The wait is over. */
  | { readonly type: "due" }
  /** The browser has a network again. */
  | { readonly type: "online" }
  | { readonly type: "reconnect" };

/** The word for what is shown. */
export type ConsoleState =
  | "loading"
  | "connecting"
  | "running"
  | "paused"
  | "starting"
  | "stopped"
  | Exclude<Trouble, "off">;

export const NEW_CONSOLE: Console = { machine: "unknown", link: { at: "idle" } };

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** A session that lasted so long was a good one: waits begin anew. */
const GOOD_MS = 5000;

const NORMAL = 1000;
const GOING_AWAY = 1001;
const POLICY = 1008;
const TAKEN = 4001;

/** Milliseconds before another try, after so many that failed. */
export function backOff(tries: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10));
}

/** What the VM and its instance say of one kind of console. `known`: both were read. */
export function judgeMachine(
  kind: ConsoleKind,
  vm: VirtualMachine | undefined,
  vmi: VirtualMachineInstance | undefined,
  known: boolean,
): Machine {
  const spec = vmi?.spec ?? vm?.spec.template.spec;
  if (spec !== undefined && !hasDevice(kind, spec.domain.devices)) return "no-device";
  if (!known) return "unknown";
  if (vmi === undefined) return isComing(vm) ? "starting" : "stopped";
  switch (vmi.status?.phase) {
    case "Running":
      return findCondition(vmi.status.conditions, "Paused")?.status === "True"
        ? "paused"
        : "running";
    case "Succeeded":
    case "Failed":
      return isComing(vm) ? "starting" : "stopped";
    case "Unknown":
      return "unknown";
    default:
      return "starting";
  }
}

interface ConsoleDevices {
  readonly autoattachGraphicsDevice?: boolean;
  readonly autoattachSerialConsole?: boolean;
}

function hasDevice(kind: ConsoleKind, devices: ConsoleDevices | undefined): boolean {
  const wanted =
    kind === "serial" ? devices?.autoattachSerialConsole : devices?.autoattachGraphicsDevice;
  return wanted !== false;
}

const COMING = ["Starting", "Provisioning", "WaitingForVolumeBinding", "WaitingForReceiver"];

function isComing(vm: VirtualMachine | undefined): boolean {
  return COMING.includes(vm?.status?.printableStatus ?? "");
}

/** Whether there is, as far as is known, something to connect to. */
function isThere(machine: Machine): boolean {
  return machine === "running" || machine === "paused" || machine === "unknown";
}

const FRESH: Link = { at: "connecting", tries: 0 };
const ended = (why: Trouble, reason: string): Link => ({ at: "ended", why, reason });

function waiting(why: Trouble, reason: string, tries: number): Link {
  return { at: "waiting", why, reason, tries: tries + 1, wait: backOff(tries) };
}

/** The next state. Events that have no meaning in a state change nothing. */
export function reduceConsole(state: Console, event: ConsoleEvent): Console {
  if (event.type === "machine") return meetMachine(state, event.machine);
  const link = isThere(state.machine)
    ? reduceLink(state.link, event)
    : reduceLeaving(state.link, event);
  return link === state.link ? state : { ...state, link };
}

function meetMachine(state: Console, machine: Machine): Console {
  if (machine === state.machine && state.link.at !== "idle") return state;
  return { machine, link: meetLink(state, machine) };
}

function meetLink({ machine: before, link }: Console, machine: Machine): Link {
  // What is open stays so until the server closes it: the last lines of a guest are worth reading.
  if (link.at === "open") return link;
  if (!isThere(machine)) return { at: "idle" };
  if (link.at === "idle") return FRESH;
  const cameUp = machine !== before && !(isThere(before) && before !== "unknown");
  const again = link.at === "waiting" || (link.at === "ended" && link.why === "no-device");
  return cameUp && again ? FRESH : link;
}

/** While the VM is off nothing is tried, whatever happens. */
function reduceLeaving(link: Link, event: ConsoleEvent): Link {
  if (event.type === "closed") return { at: "idle" };
  return link;
}

function reduceLink(link: Link, event: Exclude<ConsoleEvent, { type: "machine" }>): Link {
  switch (event.type) {
    case "opened":
      return link.at === "connecting" ? { at: "open", tries: link.tries } : link;
    case "closed":
      return link.at === "connecting" || link.at === "open" ? close(link, event) : link;
    case "answered":
      return link.at === "asking" ? judgeAnswer(link, event.code, event.message) : link;
    case "due":
      return link.at === "waiting"
        ? { at: "connecting", tries: link.tries, after: link.why }
        : link;
    case "online":
      return link.at === "waiting" && link.why === "lost" ? FRESH : link;
    case "reconnect":
      return link.at === "waiting" || link.at === "ended" ? FRESH : link;
  }
}

function close(
  link: Extract<Link, { at: "connecting" | "open" }>,
  { code, reason, opened, lasted }: Extract<ConsoleEvent, { type: "closed" }>,
): Link {
  const tries = opened && lasted >= GOOD_MS ? 0 : link.tries;
  if (!opened) {
    const after = link.at === "connecting" ? link.after : undefined;
    return { at: "asking", tries, reason: "", after };
  }
  switch (code) {
    case NORMAL:
      return waiting("off", reason, tries);
    case GOING_AWAY:
      return waiting("lost", reason, tries);
    case POLICY: // a right that is gone, or a reader that was too slow: the path knows
      return { at: "asking", tries, reason: reason || "closed", after: "lost" };
    case TAKEN:
      return ended("taken", reason);
    default:
      return waiting("lost", reason, tries);
  }
}

/** What a path without a websocket answers when only the websocket was missing. */
const NO_UPGRADE = /websocket|upgrade/i;
const NO_DEVICE = /no (serial consoles|graphics devices) are present/i;

function judgeAnswer(link: Extract<Link, { at: "asking" }>, code: number, message: string): Link {
  const { tries, reason } = link;
  if (code === 401 || code === 403) return ended("refused", message);
  if (code === 404 || code === 409) return waiting("off", message, tries);
  if (code === 400 && NO_DEVICE.test(message)) return ended("no-device", message);
  if (code === 503) return waiting("busy", message, tries);
  if (code === 0 || code >= 500 || code === 429) return waiting("lost", message, tries);
  if (reason !== "") return waiting("lost", reason, tries);
  // The VM is fine, so it was the console: nobody tells why a websocket is refused.
  if (code < 400 || NO_UPGRADE.test(message)) return waiting("busy", "", tries);
  return ended("refused", message);
}

/** What is shown; `ready`: the session shows the guest, it is not just connected. */
export function showConsole({ machine, link }: Console, ready: boolean): ConsoleState {
  if (link.at === "open" && ready) return machine === "paused" ? "paused" : "running";
  if (machine === "stopped" || machine === "starting" || machine === "no-device") return machine;
  switch (link.at) {
    case "idle":
      return "loading";
    case "waiting":
    case "ended":
      return nameTrouble(link.why);
    case "connecting":
    case "asking":
      return link.after === undefined ? "connecting" : nameTrouble(link.after);
    case "open":
      return "connecting";
  }
}

function nameTrouble(why: Trouble): ConsoleState {
  return why === "off" ? "stopped" : why;
}

/** What the server said about it, for the user; empty when it said nothing. */
export function tellReason({ link }: Console): string {
  return link.at === "waiting" || link.at === "ended" ? link.reason : "";
}
