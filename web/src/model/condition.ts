/** What the conditions of VMs and their instances mean, in sentences. Pure. */
import type { TFunction } from "i18next";
import type { Condition } from "./kubevirt.ts";

/** fine: as it should be; note: good to know; trouble: somebody has to do something. */
export type Weight = "fine" | "note" | "trouble";

interface Meaning {
  /** Said when the status is True. */
  readonly yes: (t: TFunction) => string;
  /** Said when it is False; the weight of it beside. */
  readonly no: (t: TFunction) => string;
  readonly weights: readonly [yes: Weight, no: Weight];
}

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  Object.entries<Meaning>({
    Ready: {
      yes: (t) => t("The guest runs and can be reached."),
      no: (t) => t("The guest does not run, or cannot be reached."),
      weights: ["fine", "note"],
    },
    PodScheduled: {
      yes: (t) => t("A node was found for the VM."),
      no: (t) => t("No node takes the VM yet."),
      weights: ["fine", "trouble"],
    },
    Synchronized: {
      yes: (t) => t("What is asked for has been done."),
      no: (t) => t("What is asked for cannot be done as it is."),
      weights: ["fine", "trouble"],
    },
    Unsupported: {
      yes: (t) => t("The VM asks for something that is not supported here."),
      no: (t) => t("All that the VM asks for is supported."),
      weights: ["trouble", "fine"],
    },
    SoftwareEmulation: {
      yes: (t) => t("The node has no hardware virtualization: the guest is emulated, and slow."),
      no: (t) => t("The guest runs with hardware virtualization."),
      weights: ["note", "fine"],
    },
    Paused: {
      yes: (t) => t("The guest stands still until it is unpaused."),
      no: (t) => t("The guest is not paused."),
      weights: ["note", "fine"],
    },
    LiveMigratable: {
      yes: (t) => t("The VM can move to another node while it runs."),
      no: (t) => t("The VM cannot move to another node while it runs."),
      weights: ["fine", "note"],
    },
    StorageLiveMigratable: {
      yes: (t) => t("The disks can move to other storage while the VM runs."),
      no: (t) => t("The disks cannot move to other storage while the VM runs."),
      weights: ["fine", "note"],
    },
    AgentConnected: {
      yes: (t) => t("The guest agent is connected: it tells what is inside the guest."),
      no: (t) => t("No guest agent is connected: what is inside the guest is not known."),
      weights: ["fine", "note"],
    },
    DataVolumesReady: {
      yes: (t) => t("All disks are filled."),
      no: (t) => t("Disks are still being filled."),
      weights: ["fine", "note"],
    },
    Provisioning: {
      yes: (t) => t("What the VM needs is being prepared."),
      no: (t) => t("Nothing is being prepared."),
      weights: ["note", "fine"],
    },
    Initialized: {
      yes: (t) => t("What the VM needs is prepared."),
      no: (t) => t("What the VM needs is not prepared yet."),
      weights: ["fine", "note"],
    },
    Failure: {
      yes: (t) => t("Something that the VM needs could not be made."),
      no: (t) => t("Nothing has failed."),
      weights: ["trouble", "fine"],
    },
    RestartRequired: {
      yes: (t) => t("Changes were made that take effect when the VM is restarted."),
      no: (t) => t("No change waits for a restart."),
      weights: ["note", "fine"],
    },
    ManualRecoveryRequired: {
      yes: (t) => t("The VM cannot go on by itself: somebody has to put it right."),
      no: (t) => t("The VM can go on by itself."),
      weights: ["trouble", "fine"],
    },
  }),
);

export interface Told {
  readonly sentence: string;
  readonly weight: Weight;
}

/** What a condition says; of a type that is not known here, its own words have to do. */
export function tellCondition(condition: Condition, t: TFunction): Told {
  const meaning = MEANINGS.get(condition.type);
  if (condition.status !== "True" && condition.status !== "False") {
    return { sentence: t("It is not known at the moment."), weight: "note" };
  }
  const yes = condition.status === "True";
  if (meaning === undefined) {
    return { sentence: yes ? t("It is so.") : t("It is not so."), weight: "note" };
  }
  const [forYes, forNo] = meaning.weights;
  return yes
    ? { sentence: meaning.yes(t), weight: forYes }
    : { sentence: meaning.no(t), weight: forNo };
}

const ORDER: Readonly<Record<Weight, number>> = { trouble: 0, note: 1, fine: 2 };

/** What needs attention first; else as the API has them. */
export function sortConditions(conditions: readonly Condition[], t: TFunction): Condition[] {
  const weigh = (each: Condition) => ORDER[tellCondition(each, t).weight];
  return conditions.toSorted((one, other) => weigh(one) - weigh(other));
}
