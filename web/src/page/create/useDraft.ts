/** The draft of the form; it survives a reload of the page, without passwords and keys. */
import { useCallback, useEffect, useState } from "react";
import { type Draft, EMPTY_DRAFT, restoreDraft, stripSecrets } from "../../model/draft.ts";

const KEY = "virtpod.create";
/** A draft is a few hundred bytes; more is not kept. */
const MOST_CHARACTERS = 64_000;

export type Change = (part: Partial<Draft>) => void;

export function useDraft(namespace: string) {
  const [draft, setDraft] = useState<Draft>(() => begin(namespace));
  const change: Change = useCallback((part) => setDraft((old) => ({ ...old, ...part })), []);
  useEffect(() => keep(draft), [draft]);
  return { draft, change, setDraft };
}

function begin(namespace: string): Draft {
  const draft = restoreDraft(readKept());
  return draft.namespace === "" ? { ...draft, namespace } : draft;
}

function readKept(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** A browser may forbid storage or have none left; then nothing is kept. */
function keep(draft: Draft): void {
  try {
    const text = JSON.stringify(stripSecrets(draft));
    if (text.length <= MOST_CHARACTERS) sessionStorage.setItem(KEY, text);
  } catch {}
}

/** What was created is no draft any more. */
export function forgetDraft(): void {
  keep(EMPTY_DRAFT);
}
