/** An object while its YAML is edited: what is known of it, and how that changes. */
import type { TFunction } from "i18next";
import { ApiError, type KubeObject, type Resource } from "../data/api.ts";
import { listCauses } from "../model/fieldPath.ts";
import { rebase } from "./rebase.ts";
import { hideKept } from "./shown.ts";
import { MOST_PROBLEMS, type Problem, type ReadText, writeYaml } from "./text.ts";

export type Step = "edit" | "asking" | "review" | "applying";

export interface EditState {
  /** The object that the text is a change of. */
  readonly base: KubeObject;
  readonly text: string;
  readonly step: Step;
  /** What the API server would make of it, from a dry run. */
  readonly preview: string;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  readonly error: Error | null;
  /** Paths that both changed, after a rebase. */
  readonly clashes: readonly string[];
  /** What it is by now, where somebody else changed it since. */
  readonly theirs: KubeObject | null;
  readonly done: boolean;
}

export const textOf = (object: KubeObject) => writeYaml(hideKept(object));

export function begin(base: KubeObject): EditState {
  const nothing = { problems: [], warnings: [], clashes: [], error: null, theirs: null };
  return { ...nothing, base, text: textOf(base), step: "edit", preview: "", done: false };
}

/** Items of lists lack what their list says once. */
export function complete(object: KubeObject, { group, version, kind }: Resource): KubeObject {
  return { ...object, apiVersion: group === "" ? version : `${group}/${version}`, kind };
}

/** Takes over what the cluster says, unless it touches what is edited: then it is set aside. */
export function follow(old: EditState, object: KubeObject): EditState {
  const [known, told] = [old.base, object].map(({ metadata }) => Number(metadata.resourceVersion));
  // An applied change is known before the watch tells of what was before it.
  const stale = known !== undefined && told !== undefined && told <= known;
  if (stale || old.step === "applying") return old;
  const [before, now] = [textOf(old.base), textOf(object)];
  if (before === now) return { ...old, base: object, theirs: null };
  if (old.text === before) return { ...begin(object), done: old.done, warnings: old.warnings };
  return { ...old, theirs: object };
}

export function rebaseText(old: EditState, read: ReadText): EditState {
  const { theirs, base } = old;
  if (theirs === null) return old;
  const { object, clashes } = rebase(hideKept(base), read.objects[0], hideKept(theirs));
  return { ...begin(theirs), text: writeYaml(object), clashes };
}

type Checked =
  | { readonly object: Record<string, unknown> }
  | { readonly problems: readonly Problem[] };

/** One object, and still the same one: all else would be another request than a change. */
export function checkIdentity(read: ReadText, base: KubeObject, t: TFunction): Checked {
  if (read.problems.some(({ severity }) => severity === "error"))
    return { problems: read.problems };
  const [object, more] = read.objects;
  if (object === undefined || more !== undefined) {
    const message = t("There has to be exactly one object here.");
    return { problems: [read.locate(object, "", message)] };
  }
  const { namespace = undefined, name } = (object.metadata ?? {}) as Record<string, unknown>;
  const pairs: [string, unknown, unknown][] = [
    ["apiVersion", object.apiVersion, base.apiVersion],
    ["kind", object.kind, base.kind],
    ["metadata.name", name, base.metadata.name],
    ["metadata.namespace", namespace, base.metadata.namespace],
  ];
  const problems = pairs
    .filter(([, here, there]) => here !== there)
    .map(([field, , there]) =>
      read.locate(
        object,
        field,
        t("This cannot be changed here: {{value}}", { value: String(there) }),
      ),
    );
  return problems.length > 0 ? { problems } : { object };
}

/** Complaints at their lines; what has no line is shown as it is. */
export function explain(error: unknown, read: ReadText, object: unknown): Partial<EditState> {
  const known = error instanceof Error ? error : new Error(String(error));
  if (!(known instanceof ApiError)) return { error: known };
  const causes = listCauses(known).slice(0, MOST_PROBLEMS);
  const placed = causes.filter(({ field }) => field !== "");
  const problems = placed.map(({ field, message }) =>
    read.locate(object, field, message.includes(field) ? message : `${field}: ${message}`),
  );
  return { problems, error: placed.length === causes.length ? null : known };
}
