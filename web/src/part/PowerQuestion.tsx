/** Asks before something is done that costs data, or interrupts several guests. */
import { Content, List, ListItem } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import type { Subject, Verb } from "../model/power.ts";
import { useTranslation } from "../text/hook.ts";
import { Confirm } from "./Confirm.tsx";
import { nameVerb, titleVerb, titleVerbs } from "./powerText.ts";

const MOST_NAMES = 10;
const LOSING: ReadonlySet<Verb> = new Set(["forceStop", "reset", "delete"]);

export interface PowerQuestionProps {
  readonly verb: Verb;
  readonly subjects: readonly Subject[];
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function PowerQuestion({ verb, subjects, onConfirm, onClose }: PowerQuestionProps) {
  const { t } = useTranslation();
  const count = subjects.length;
  const [only] = subjects;
  const title =
    count === 1 && only !== undefined ? titleVerb(verb, only.name, t) : titleVerbs(verb, count, t);
  const rest = count - MOST_NAMES;
  return (
    <Confirm
      title={title}
      verb={nameVerb(verb, t)}
      danger={LOSING.has(verb)}
      // of several the number has to be said: a click too many is soon made
      typed={verb === "delete" && count > 1 ? String(count) : undefined}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <Content component="p">{explainLoss(verb, subjects, t)}</Content>
      {/* of a single one, too: another namespace may have one of this name */}
      <List isPlain>
        {subjects.slice(0, MOST_NAMES).map(({ kind, namespace, name }) => (
          <ListItem key={`${kind}/${namespace}/${name}`} className="vp-words">
            {namespace}/{name}
          </ListItem>
        ))}
        {rest > 0 && <ListItem>{t("and {{count}} more", { count: rest })}</ListItem>}
      </List>
    </Confirm>
  );
}

function explainLoss(verb: Verb, subjects: readonly Subject[], t: TFunction): string {
  switch (verb) {
    case "forceStop":
      return t("The guest ends at once. What it has not written to its disks is lost.");
    case "reset":
      return t("The guest starts anew at once. What it has not written to its disks is lost.");
    case "delete":
      return explainDeletion(subjects, t);
    case "pause":
      return t("The guests stand still until they are resumed.");
    default:
      return t("The guests' work is interrupted.");
  }
}

function explainDeletion(subjects: readonly Subject[], t: TFunction): string {
  if (subjects.every(({ kind }) => kind === "VirtualMachineInstance")) {
    return t(
      "The guest is stopped, and there is no VM to start it again from. What is not on a claim of its own is lost.",
    );
  }
  if (subjects.length > 1) {
    return t(
      "Those that run are stopped. The disks that were made for them are deleted with them; claims that were made on their own stay.",
    );
  }
  return t(
    "It is stopped if it runs. The disks that were made for it are deleted with it; claims that were made on their own stay.",
  );
}
