/** What the user may do, as the API server says (SelfSubjectAccessReview). */
import { useMemo, useSyncExternalStore } from "react";
import { useApi } from "./context.tsx";
import { openRights, type Right, type RightQuestion } from "./review.ts";

export type { Right, RightQuestion } from "./review.ts";

/** Whether the user may do one thing. */
export function useRight(question: RightQuestion): Right {
  return useRights([question])[0] as Right;
}

/**
 * The same for several things, in their order. Answers are shared, and kept for 60 s. Unknown means
 * that the answer is on its way, or could not be had: `reason` says why then.
 */
export function useRights(questions: readonly RightQuestion[]): readonly Right[] {
  const api = useApi();
  const key = JSON.stringify(questions);
  const view = useMemo(() => openRights(api, JSON.parse(key) as RightQuestion[]), [api, key]);
  return useSyncExternalStore(view.subscribe, view.read);
}
