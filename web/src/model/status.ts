/** What the words of statuses and phases mean, and how they are said. Pure. */
import type { TFunction } from "i18next";

/** good: as wanted; moving: on its way; off and paused: by somebody's will; odd: look at it. */
export type Judgement = "good" | "moving" | "off" | "paused" | "odd" | "bad" | "unknown";

const JUDGEMENTS: ReadonlyMap<string, Judgement> = new Map(
  Object.entries<Judgement>({
    Running: "good",
    Succeeded: "good",
    Bound: "good",
    Ready: "good",
    Active: "good",
    Available: "good",
    Provisioning: "moving",
    Starting: "moving",
    Stopping: "moving",
    Terminating: "moving",
    Migrating: "moving",
    InProgress: "moving",
    Deleting: "moving",
    PreparingTarget: "moving",
    TargetReady: "moving",
    WaitingForSync: "moving",
    Synchronizing: "moving",
    Pending: "moving",
    Scheduling: "moving",
    Scheduled: "moving",
    WaitingForVolumeBinding: "moving",
    WaitingForReceiver: "moving",
    WaitForFirstConsumer: "moving",
    Stopped: "off",
    Paused: "paused",
    Unknown: "odd",
    CrashLoopBackOff: "bad",
    ErrorUnschedulable: "bad",
    ErrImagePull: "bad",
    ImagePullBackOff: "bad",
    ErrorPvcNotFound: "bad",
    DataVolumeError: "bad",
    Failed: "bad",
    Lost: "bad",
    NotReady: "bad",
  }),
);

/** What a word means; words of later versions are "unknown". */
export function judgeStatus(word: string): Judgement {
  return JUDGEMENTS.get(word) ?? "unknown";
}

const NAMES = new Map(
  Object.entries<(t: TFunction) => string>({
    Running: (t) => t("Running"),
    Succeeded: (t) => t("Succeeded"),
    Bound: (t) => t("Bound"),
    Ready: (t) => t("Ready"),
    Active: (t) => t("Active"),
    Available: (t) => t("Available"),
    Provisioning: (t) => t("Provisioning"),
    Starting: (t) => t("Starting"),
    Stopping: (t) => t("Stopping"),
    Terminating: (t) => t("Terminating"),
    Migrating: (t) => t("Migrating"),
    InProgress: (t) => t("In progress"),
    Deleting: (t) => t("Deleting"),
    PreparingTarget: (t) => t("Preparing the target"),
    TargetReady: (t) => t("Target is ready"),
    WaitingForSync: (t) => t("Waiting for synchronization"),
    Synchronizing: (t) => t("Synchronizing"),
    Pending: (t) => t("Pending"),
    Scheduling: (t) => t("Scheduling"),
    Scheduled: (t) => t("Scheduled"),
    WaitingForVolumeBinding: (t) => t("Waiting for volume"),
    WaitingForReceiver: (t) => t("Waiting for receiver"),
    WaitForFirstConsumer: (t) => t("Waiting for first use"),
    Stopped: (t) => t("Stopped"),
    Paused: (t) => t("Paused"),
    Unknown: (t) => t("Unknown"),
    CrashLoopBackOff: (t) => t("Crash loop"),
    ErrorUnschedulable: (t) => t("No node fits"),
    ErrImagePull: (t) => t("Image pull failed"),
    ImagePullBackOff: (t) => t("Image pull failing"),
    ErrorPvcNotFound: (t) => t("Volume not found"),
    DataVolumeError: (t) => t("Import failed"),
    Failed: (t) => t("Failed"),
    Lost: (t) => t("Lost"),
    NotReady: (t) => t("Not ready"),
  }),
);

/** The word in the user's language; a word that is not known here is said as it is. */
export function nameStatus(word: string, t: TFunction): string {
  return NAMES.get(word)?.(t) ?? word;
}
