/**
 * What can be done to a VM, and why not: what its status tells, before anybody is asked.
 *
 * The API server has the last word. Where the status alone does not tell, a verb counts as
 * possible, and a refusal is shown as it comes.
 */
import type { RowKind } from "./row.ts";

export const VERBS = [
  "start",
  "stop",
  "forceStop",
  "restart",
  "pause",
  "unpause",
  "softReboot",
  "reset",
  "delete",
] as const;
export type Verb = (typeof VERBS)[number];

/** What a verb is done to; a Row is one. */
export interface Subject {
  readonly kind: RowKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** printableStatus of a VM, phase of an instance. */
  readonly status: string;
  readonly paused: boolean;
  readonly deleting: boolean;
  /** Known where the whole object is, not in lists. */
  readonly runStrategy?: string;
}

/** Why a verb is impossible, as a word that PowerMenu has a sentence for. */
export type Obstacle =
  | "runs already"
  | "is stopping"
  | "is being deleted"
  | "does not run"
  | "starts by itself"
  | "runs only once"
  | "is halted"
  | "is paused"
  | "is not paused"
  | "has ended";

export type Judgement =
  | { readonly possible: true; readonly why: null }
  | { readonly possible: false; readonly why: Obstacle };

const POSSIBLE: Judgement = { possible: true, why: null };

type State = "off" | "looping" | "coming" | "on" | "stopping" | "ended" | "unknown";

const STATES: Readonly<Record<string, State>> = {
  Stopped: "off",
  CrashLoopBackOff: "looping",
  Running: "on",
  Paused: "on",
  Migrating: "on",
  Stopping: "stopping",
  Terminating: "stopping",
  Starting: "coming",
  ErrorUnschedulable: "coming",
  ErrorPvcNotFound: "coming",
  ErrImagePull: "coming",
  ImagePullBackOff: "coming",
  // of an instance
  Pending: "coming",
  Scheduling: "coming",
  Scheduled: "coming",
  Succeeded: "ended",
  Failed: "ended",
};

/**
 * What the status says of the VM. Provisioning, DataVolumeError and WaitingForVolumeBinding are
 * unknown: a VM that is halted can have them, too.
 */
export function readState(status: string): State {
  return STATES[status] ?? "unknown";
}

/** The verbs that there are for the kind: an instance without a VM is not started twice. */
export function listVerbs(kind: RowKind): readonly Verb[] {
  if (kind === "VirtualMachine") return VERBS;
  return ["pause", "unpause", "softReboot", "reset", "delete"];
}

/** Whether the subject's state allows the verb. */
export function judge(verb: Verb, subject: Subject): Judgement {
  const why = RULES[verb](subject, readState(subject.status));
  return why === null ? POSSIBLE : { possible: false, why };
}

type Rule = (subject: Subject, state: State) => Obstacle | null;

const RULES: Readonly<Record<Verb, Rule>> = {
  start: ({ deleting, runStrategy }, state) => {
    if (deleting) return "is being deleted";
    if (state === "on" || state === "coming") return "runs already";
    if (state === "looping" || runStrategy === "Always") return "starts by itself";
    if (runStrategy === "Once") return "runs only once";
    return state === "stopping" ? "is stopping" : null;
  },
  stop: ({ deleting }, state) => {
    if (deleting) return "is being deleted";
    if (state === "stopping") return "is stopping";
    return state === "off" ? "does not run" : null;
  },
  // also of one that is stopping, or is being deleted: its guest may not let go
  forceStop: (_, state) => (state === "off" || state === "looping" ? "does not run" : null),
  restart: ({ deleting, runStrategy }, state) => {
    if (deleting) return "is being deleted";
    if (state === "stopping") return "is stopping";
    if (state === "off" || state === "looping") return "does not run";
    if (runStrategy === "Halted") return "is halted";
    return runStrategy === "Once" ? "runs only once" : null;
  },
  pause: (subject, state) => needRunning(state) ?? (subject.paused ? "is paused" : null),
  unpause: (subject, state) => needRunning(state) ?? (subject.paused ? null : "is not paused"),
  softReboot: (subject, state) => needRunning(state) ?? (subject.paused ? "is paused" : null),
  reset: (_, state) => needRunning(state),
  delete: ({ deleting }) => (deleting ? "is being deleted" : null),
};

function needRunning(state: State): Obstacle | null {
  if (state === "on") return null;
  if (state === "ended") return "has ended";
  return state === "stopping" ? "is stopping" : "does not run";
}

/** Those that can cost data that the guest has not written, or all of it. */
const LOSING: ReadonlySet<Verb> = new Set(["forceStop", "reset", "delete"]);
/** Those that interrupt what the guests do: asked about when they are for several. */
const INTERRUPTING: ReadonlySet<Verb> = new Set(["stop", "restart", "softReboot", "pause"]);

/** Whether somebody has to say yes first. */
export function needsConsent(verb: Verb, count: number): boolean {
  return LOSING.has(verb) || (count > 1 && INTERRUPTING.has(verb));
}

/** What is sent to the API; a deletion is not one of these. */
export interface PowerCall {
  readonly method: "PUT";
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const WITH_VM: ReadonlySet<Verb> = new Set(["start", "stop", "forceStop", "restart"]);
const SUBRESOURCES: Readonly<Record<Exclude<Verb, "delete">, string>> = {
  start: "start",
  stop: "stop",
  forceStop: "stop",
  restart: "restart",
  pause: "pause",
  unpause: "unpause",
  softReboot: "softreboot",
  reset: "reset",
};

/** Which right a verb needs: of RBAC's, group subresources.kubevirt.io or, to delete, kubevirt.io. */
export function nameRight(verb: Verb, kind: RowKind) {
  const vms = WITH_VM.has(verb) || (verb === "delete" && kind === "VirtualMachine");
  const plural = vms ? "virtualmachines" : "virtualmachineinstances";
  if (verb === "delete") return { verb: "delete", plural, subresource: undefined } as const;
  return { verb: "update", plural, subresource: SUBRESOURCES[verb] } as const;
}

/** The request for a verb. */
export function buildCall(verb: Exclude<Verb, "delete">, subject: Subject): PowerCall {
  const { plural, subresource } = nameRight(verb, subject.kind);
  const place = `namespaces/${encodeURIComponent(subject.namespace)}/${plural}`;
  const name = encodeURIComponent(subject.name);
  return {
    method: "PUT",
    path: `/apis/subresources.kubevirt.io/v1/${place}/${name}/${subresource}`,
    body: verb === "forceStop" ? { gracePeriod: 0 } : {},
  };
}
