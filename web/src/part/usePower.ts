/** Which verbs there are for a VM, which of them may be used, and how to use them. */
import { useCallback } from "react";
import { useApi } from "../data/context.tsx";
import { type Right, type RightQuestion, useRights } from "../data/rights.ts";
import { judge, listVerbs, nameRight, type Subject, type Verb } from "../model/power.ts";
import type { RowKind } from "../model/row.ts";
import { useTranslation } from "../text/hook.ts";
import { explainObstacle, explainVerb, titleVerb } from "./powerText.ts";
import { carryOut, carryOutAll } from "./wishBook.ts";
import { useWishBook } from "./wishes.ts";

/** The question whether the user may; without a namespace: in all of them. */
export function askRight(verb: Verb, kind: RowKind, namespace: string): RightQuestion {
  const right = nameRight(verb, kind);
  const group = verb === "delete" ? "kubevirt.io" : "subresources.kubevirt.io";
  const resource = { group, plural: right.plural };
  return { verb: right.verb, resource, subresource: right.subresource, namespace };
}

export interface Choice {
  readonly verb: Verb;
  readonly enabled: boolean;
  /** Why not, or what it does. */
  readonly note: string | undefined;
}

/** The verbs for one VM. What the rights are not known of yet is enabled: the API decides. */
export function useChoices(subject: Subject): readonly Choice[] {
  const { t } = useTranslation();
  const verbs = listVerbs(subject.kind);
  const rights = useRights(verbs.map((verb) => askRight(verb, subject.kind, subject.namespace)));
  return verbs.map((verb, at) => {
    const right = rights[at];
    if (right?.state === "denied") return { verb, enabled: false, note: explainDenial(right, t) };
    const { possible, why } = judge(verb, subject);
    const note = possible ? explainVerb(verb, t) : explainObstacle(why, t);
    return { verb, enabled: possible, note };
  });
}

/** Why a right is missing. */
export function explainDenial(right: Right, t: (key: string) => string): string {
  const own = t("Your rights do not allow this.");
  return right.reason === "" ? own : `${own} ${right.reason}`;
}

/** Does a verb to VMs. */
export function usePower(): (verb: Verb, subjects: readonly Subject[]) => void {
  const { t } = useTranslation();
  const api = useApi();
  const book = useWishBook();
  return useCallback(
    (verb, subjects) => {
      const orders = subjects.map((subject) => {
        return { verb, subject, title: titleVerb(verb, subject.name, t) };
      });
      const [first] = orders;
      if (orders.length === 1 && first !== undefined) void carryOut(api, book, first);
      else void carryOutAll(api, book, orders);
    },
    [api, book, t],
  );
}
