/** Sends what was made here, and goes to the VM's page when it is there. */
import { useCallback, useState } from "react";
import { useGo, vmPath } from "../../app/query.ts";
import { useApi } from "../../data/context.tsx";
import type { Manifests } from "../../model/draftBuild.ts";
import { useTranslation } from "../../text/hook.ts";
import { createVm } from "./submit.ts";
import { forgetDraft } from "./useDraft.ts";

export interface Ordering {
  readonly busy: boolean;
  /** Why the last attempt failed. */
  readonly error: Error | null;
  readonly order: (manifests: Manifests, start: boolean) => Promise<void>;
  readonly forgetError: () => void;
}

export function useOrder(): Ordering {
  const api = useApi();
  const go = useGo();
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const order = async (manifests: Manifests, start: boolean) => {
    setBusy(true);
    setError(null);
    try {
      const { metadata } = await createVm({ api, manifests, start, t });
      forgetDraft();
      go(vmPath(metadata.namespace ?? "", metadata.name));
    } catch (failure) {
      setBusy(false);
      setError(failure instanceof Error ? failure : new Error(String(failure)));
    }
  };
  const forgetError = useCallback(() => setError(null), []);
  return { busy, error, order, forgetError };
}
