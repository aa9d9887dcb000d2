/** What a field's values are called: the API has one word for each, and the list another. */
import type { TFunction } from "i18next";
import type { TextField } from "./filter.ts";
import { nameStatus } from "./status.ts";

/** The fields whose values have other words than the API's; each has only a few values. */
const WORDED: ReadonlySet<TextField> = new Set(["status", "ready", "kind"]);

export function isWorded(field: TextField): boolean {
  return WORDED.has(field);
}

/** A value as the list writes it. */
export function sayValue(field: TextField, value: string, t: TFunction): string {
  if (field === "status") return value === "" ? t("not told yet") : nameStatus(value, t);
  if (field !== "ready") return value;
  return { True: t("Yes"), False: t("No"), Unknown: t("Unknown") }[value] ?? value;
}

/** Texts are looked up by what they are in English. */
const inEnglish = ((key: string) => key) as TFunction;

/**
 * All that a value may be called by who searches: the API's word, the list's, and the list's in
 * English, which an address that somebody else wrote may have.
 */
export function listWords(field: TextField, value: string, t: TFunction): readonly string[] {
  if (field === "kind") {
    return [value, value === "vm" ? "VirtualMachine" : "VirtualMachineInstance"];
  }
  return [value, sayValue(field, value, t), sayValue(field, value, inEnglish)];
}
