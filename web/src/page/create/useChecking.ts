/** What is wrong with the draft: first what the page sees itself, then what the API server says. */
import { useEffect, useMemo, useState } from "react";
import { ApiError } from "../../data/api.ts";
import { useLive } from "../../data/live.ts";
import { NAMESPACES } from "../../data/resources.ts";
import type { Draft, FieldName } from "../../model/draft.ts";
import { buildManifests, type Keeping, type Manifests } from "../../model/draftBuild.ts";
import { checkDraft } from "../../model/draftCheck.ts";
import { sortCauses } from "../../model/draftField.ts";
import { listCauses } from "../../model/fieldPath.ts";
import { useTranslation } from "../../text/hook.ts";
import { nameFault } from "./fault.ts";
import { useDryRun, type Verdict } from "./useDryRun.ts";
import { useOrder } from "./useOrder.ts";

export function useChecking(draft: Draft, keeping: Keeping) {
  const { t } = useTranslation();
  const [touched, setTouched] = useState<ReadonlySet<FieldName>>(new Set());
  const [attempted, setAttempted] = useState(false);
  const namespaces = useNamespaces();
  const manifests = useMemo(() => buildManifests(draft, keeping), [draft, keeping]);
  const faults = useMemo(
    () => checkDraft(draft, keeping, namespaces),
    [draft, keeping, namespaces],
  );
  const verdict = useDryRun(Object.keys(faults).length === 0 ? manifests : null);
  const ordering = useAttempt(manifests);
  const sorted = useSorted(verdict, ordering.error, manifests);
  const complaints = (field: FieldName): readonly string[] => {
    const fault = attempted || touched.has(field) ? faults[field] : undefined;
    const own = fault === undefined ? [] : [nameFault(fault, t)];
    return [...new Set([...own, ...(sorted.fields[field] ?? [])])];
  };
  return {
    manifests,
    faults,
    verdict,
    ordering,
    complaints,
    rest: sorted.rest,
    touch: (field: FieldName) => setTouched((old) => new Set([...old, field])),
    attempt: () => setAttempted(true),
  };
}

/** The namespaces that there are; null as long as nobody knows them all. */
function useNamespaces(): ReadonlySet<string> | null {
  const { state, items } = useLive(NAMESPACES);
  return useMemo(
    () => (state === "live" ? new Set(items.map(({ metadata }) => metadata.name)) : null),
    [state, items],
  );
}

/** What an attempt failed with says nothing of what was changed since. */
function useAttempt(manifests: Manifests) {
  const ordering = useOrder();
  const { forgetError } = ordering;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change that it waits for
  useEffect(forgetError, [manifests, forgetError]);
  return ordering;
}

/** Each complaint at its field: of the last attempt, where a dry run has none. */
function useSorted(verdict: Verdict, error: Error | null, manifests: Manifests) {
  return useMemo(() => {
    const refused = error instanceof ApiError ? listCauses(error) : [];
    // what is about nothing of the form is told with the attempt itself
    const placed = refused.filter(({ field }) => field !== "");
    const { fields, rest } = sortCauses(
      verdict.causes.length > 0 ? verdict.causes : placed,
      manifests.vm,
    );
    return { fields: addSecret(fields, verdict.secretCauses), rest };
  }, [verdict, error, manifests]);
}

type Fields = ReturnType<typeof sortCauses>["fields"];

/** The Secret is what the part about logging in makes; its namespace is the VM's. */
function addSecret(fields: Fields, causes: Verdict["secretCauses"]): Fields {
  const all: Partial<Record<FieldName, readonly string[]>> = { ...fields };
  for (const { field, message } of causes) {
    const at = field === "metadata.namespace" ? "namespace" : "user";
    // the namespace was told of with the VM already
    if (at === "user" || all[at] === undefined) all[at] = [...(all[at] ?? []), message];
  }
  return all;
}
