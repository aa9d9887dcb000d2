/** An object while its YAML is edited: checked, compared, applied, and kept beside what others do. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { KubeObject, Resource } from "../data/api.ts";
import { useApi } from "../data/context.tsx";
import { runTask } from "../data/tasks.ts";
import { useTranslation } from "../text/hook.ts";
import {
  begin,
  checkIdentity,
  complete,
  type EditState,
  explain,
  follow,
  rebaseText,
  textOf,
} from "./edit.ts";
import { replace } from "./replace.ts";
import { readYaml } from "./text.ts";

export function useYamlEdit(given: KubeObject, resource: Resource) {
  const api = useApi();
  const { t } = useTranslation();
  const object = useMemo(() => complete(given, resource), [given, resource]);
  const [state, setState] = useState<EditState>(() => begin(object));
  const change = useCallback(
    (part: Partial<EditState>) => setState((old) => ({ ...old, ...part })),
    [],
  );
  useEffect(() => setState((old) => follow(old, object)), [object]);
  const read = useMemo(() => readYaml(state.text), [state.text]);
  const original = useMemo(() => textOf(state.base), [state.base]);
  const current = useRef(state);
  current.current = state;

  const send = async (dryRun: boolean) => {
    const edited = checkIdentity(read, state.base, t);
    if (!("object" in edited)) return change({ problems: edited.problems, step: "edit" });
    change({ step: dryRun ? "asking" : "applying", error: null, problems: [], done: false });
    const warnings: string[] = [];
    const job = { api, resource, edited: edited.object, base: state.base, dryRun };
    try {
      const work = () => replace(job, (text) => warnings.push(text));
      const title = t("Change {{name}}", { name: state.base.metadata.name });
      const { namespace, name } = state.base.metadata;
      const task = { title, object: { kind: resource.kind, namespace, name } };
      const answer = dryRun ? await work() : await runTask(task, work);
      if ("theirs" in answer)
        return change({ step: "edit", theirs: complete(answer.theirs, resource) });
      const result = complete(answer.result, resource);
      if (dryRun) change({ step: "review", preview: textOf(result), warnings });
      else setState({ ...begin(result), warnings, done: true });
    } catch (error) {
      change({ step: "edit", ...explain(error, read, edited.object) });
    }
  };

  return {
    state,
    original,
    dirty: state.text !== original,
    /** Whether the text is YAML at all: else it cannot be rebased. */
    readable: read.problems.length === 0 && read.objects.length === 1,
    edit: (text: string) => {
      if (text !== current.current.text) change({ text, problems: [], done: false, clashes: [] });
    },
    back: () => change({ step: "edit" }),
    review: () => send(true),
    apply: () => send(false),
    discard: () => setState(begin(state.theirs ?? state.base)),
    takeTheirs: () => setState((old) => rebaseText(old, read)),
  };
}
