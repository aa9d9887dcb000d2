/** What is wrong with a field, in words. */
import type { TFunction } from "i18next";
import type { Fault } from "../../model/draftCheck.ts";

export function nameFault(fault: Fault, t: TFunction): string {
  switch (fault) {
    case "needed":
      return t("This is needed.");
    case "no-name":
      return t("Lower case letters, digits, hyphens and dots; a letter or a digit at both ends.");
    case "no-namespace":
      return t("Lower case letters, digits and hyphens; a letter or a digit at both ends.");
    case "unknown-namespace":
      return t("There is no such namespace.");
    case "no-image":
      return t("This is no image reference, such as registry.example/name:tag.");
    case "no-path":
      return t("An absolute path within the image, without steps upwards.");
    case "no-size":
      return t("A size such as 512Mi or 2Gi.");
    case "no-count":
      return t("A whole number, at least 1.");
    case "no-label":
      return t(
        "A key such as app or example.com/app; letters, digits, -, _ and . in key and value.",
      );
    case "label-twice":
      return t("One key stands here twice.");
    case "no-key":
      return t("Public keys only, one in each line, as ssh-ed25519 AAAA… name.");
    case "private-key":
      return t("This is a private key. Keep it to yourself; the public one (.pub) is meant.");
    case "too-long":
      return t("This is too long.");
  }
}
