/** The words for what can be done to VMs; sentences are whole, so that they can be translated. */
import type { TFunction } from "i18next";
import type { Obstacle, Verb } from "../model/power.ts";

type Say = (t: TFunction) => string;

const NAMES: Readonly<Record<Verb, Say>> = {
  start: (t) => t("Start"),
  stop: (t) => t("Stop"),
  forceStop: (t) => t("Force stop"),
  restart: (t) => t("Restart"),
  pause: (t) => t("Pause"),
  unpause: (t) => t("Resume"),
  softReboot: (t) => t("Soft reboot"),
  reset: (t) => t("Reset"),
  delete: (t) => t("Delete"),
};

/** What a menu calls it. */
export function nameVerb(verb: Verb, t: TFunction): string {
  return NAMES[verb](t);
}

const MEANINGS: Readonly<Partial<Record<Verb, Say>>> = {
  stop: (t) => t("Presses the power button"),
  forceStop: (t) => t("Pulls the plug"),
  restart: (t) => t("Stops it, then starts it anew"),
  softReboot: (t) => t("Asks the guest to boot again"),
  reset: (t) => t("Presses the reset button"),
};

/** What it does, where the name does not say it. */
export function explainVerb(verb: Verb, t: TFunction): string | undefined {
  return MEANINGS[verb]?.(t);
}

type SayOf = (t: TFunction, name: string) => string;

const TITLES: Readonly<Record<Verb, SayOf>> = {
  start: (t, name) => t("Start {{name}}", { name }),
  stop: (t, name) => t("Stop {{name}}", { name }),
  forceStop: (t, name) => t("Force {{name}} to stop", { name }),
  restart: (t, name) => t("Restart {{name}}", { name }),
  pause: (t, name) => t("Pause {{name}}", { name }),
  unpause: (t, name) => t("Resume {{name}}", { name }),
  softReboot: (t, name) => t("Reboot the guest of {{name}}", { name }),
  reset: (t, name) => t("Reset {{name}}", { name }),
  delete: (t, name) => t("Delete {{name}}", { name }),
};

/** The line in the task log, and the title of a question. */
export function titleVerb(verb: Verb, name: string, t: TFunction): string {
  return TITLES[verb](t, name);
}

type SayCount = (t: TFunction, count: number) => string;

const BULK_TITLES: Readonly<Record<Verb, SayCount>> = {
  start: (t, count) => t("Start {{count}} VMs", { count }),
  stop: (t, count) => t("Stop {{count}} VMs", { count }),
  forceStop: (t, count) => t("Force {{count}} VMs to stop", { count }),
  restart: (t, count) => t("Restart {{count}} VMs", { count }),
  pause: (t, count) => t("Pause {{count}} VMs", { count }),
  unpause: (t, count) => t("Resume {{count}} VMs", { count }),
  softReboot: (t, count) => t("Reboot the guests of {{count}} VMs", { count }),
  reset: (t, count) => t("Reset {{count}} VMs", { count }),
  delete: (t, count) => t("Delete {{count}} VMs", { count }),
};

/** The same for several. */
export function titleVerbs(verb: Verb, count: number, t: TFunction): string {
  return BULK_TITLES[verb](t, count);
}

const OBSTACLES: Readonly<Record<Obstacle, Say>> = {
  "runs already": (t) => t("It runs already, or is about to."),
  "is stopping": (t) => t("It is stopping."),
  "is being deleted": (t) => t("It is being deleted."),
  "does not run": (t) => t("It does not run."),
  "starts by itself": (t) => t("The cluster starts it by itself."),
  "runs only once": (t) => t("Its run strategy is Once: it does not start twice."),
  "is halted": (t) => t("Its run strategy is Halted."),
  "is paused": (t) => t("It is paused."),
  "is not paused": (t) => t("It is not paused."),
  "has ended": (t) => t("It has ended, and will not run again."),
};

/** Why it cannot be done. */
export function explainObstacle(obstacle: Obstacle, t: TFunction): string {
  return OBSTACLES[obstacle](t);
}

const WAITING: Readonly<Record<Verb, Say>> = {
  start: (t) => t("Start asked for, until it runs"),
  stop: (t) => t("Stop asked for, until it has stopped"),
  forceStop: (t) => t("Forced stop asked for, until it has stopped"),
  restart: (t) => t("Restart asked for, until it has stopped and runs again"),
  pause: (t) => t("Pause asked for, until it is paused"),
  unpause: (t) => t("Resume asked for, until it goes on"),
  softReboot: (t) => t("Soft reboot asked for"),
  reset: (t) => t("Reset asked for"),
  delete: (t) => t("Deletion asked for, until it is gone"),
};

/** What is asked of it, and until when. */
export function describeWaiting(verb: Verb, t: TFunction): string {
  return WAITING[verb](t);
}
