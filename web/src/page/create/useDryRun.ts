/** Asks the API server what it thinks of manifests, once the user pauses; stale answers are dropped. */
import { useEffect, useState } from "react";
import { type Api, ApiError } from "../../data/api.ts";
import { useApi } from "../../data/context.tsx";
import { SECRETS, VMS } from "../../data/resources.ts";
import type { Manifest, Manifests } from "../../model/draftBuild.ts";
import { type FieldCause, listCauses } from "../../model/fieldPath.ts";

const PAUSE = 600;

export interface Verdict {
  readonly state: "unasked" | "asking" | "fine" | "refused" | "unknown";
  /** Complaints about the VM. */
  readonly causes: readonly FieldCause[];
  /** Complaints about its Secret. */
  readonly secretCauses: readonly FieldCause[];
  readonly warnings: readonly string[];
  /** Why nobody knows: the API server could not be asked. */
  readonly error: Error | null;
}

const UNASKED: Verdict = {
  state: "unasked",
  causes: [],
  secretCauses: [],
  warnings: [],
  error: null,
};

/** Null where there is nothing to ask yet: what the page itself can see is wrong comes first. */
export function useDryRun(manifests: Manifests | null): Verdict {
  const api = useApi();
  const key = manifests === null ? null : JSON.stringify(manifests);
  const [verdict, setVerdict] = useState<Verdict>(UNASKED);
  useEffect(() => {
    if (key === null) {
      setVerdict(UNASKED);
      return;
    }
    const controller = new AbortController();
    setVerdict((old) => ({ ...old, state: "asking" }));
    const timer = setTimeout(async () => {
      const answer = await ask(api, JSON.parse(key), controller.signal);
      if (!controller.signal.aborted) setVerdict(answer);
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [api, key]);
  return verdict;
}

async function ask(api: Api, manifests: Manifests, signal: AbortSignal): Promise<Verdict> {
  const warnings: string[] = [];
  const onWarning = (text: string) => warnings.push(text);
  const options = { dryRun: true, strict: true, signal, onWarning };
  const about = async (resource: typeof VMS, object: Manifest | null) => {
    if (object === null) return [];
    const { namespace } = object.metadata;
    try {
      await api.create(resource, object, { ...options, namespace });
      return [];
    } catch (error) {
      if (!(error instanceof ApiError) || !isRefusal(error)) throw error;
      return listCauses(error);
    }
  };
  try {
    const [causes, secretCauses] = await Promise.all([
      about(VMS, manifests.vm),
      about(SECRETS, manifests.secret),
    ]);
    const state = causes.length + secretCauses.length > 0 ? "refused" : "fine";
    return { state, causes, secretCauses, warnings: [...new Set(warnings)], error: null };
  } catch (error) {
    const known = error instanceof Error ? error : new Error(String(error));
    return { ...UNASKED, state: "unknown", warnings, error: known };
  }
}

/** Whether the object is at fault, and not the connection or the server. */
function isRefusal(error: ApiError): boolean {
  return error.code >= 400 && error.code < 500 && error.code !== 401 && error.code !== 429;
}
