/** Samples of what a VM uses, taken while somebody looks; what was taken is kept for a while. */
import { useEffect, useState } from "react";
import { type Api, ApiError } from "../../data/api.ts";
import { useApi } from "../../data/context.tsx";
import { buildVerbPath } from "../../data/path.ts";
import type { Metrics } from "../../model/kubevirt.ts";
import type { Machine } from "../../model/machine.ts";
import { addSample, SAMPLE_SECONDS } from "../../model/sample.ts";

export interface Sampled {
  readonly samples: readonly Metrics[];
  /** Why the last sample was not had. */
  readonly error?: Error;
}

/** Of that many guests the samples are kept when one looks at another. */
const MOST_GUESTS = 8;
const DEADLINE_SECONDS = 12;
/** After a refusal that may end by itself. */
const PATIENCE_SECONDS = 10;

const held = new WeakMap<Api, Map<string, readonly Metrics[]>>();

/** Samples of a guest that runs; none are taken while the page is hidden. */
export function useSamples({ namespace, name, vmi }: Machine, runs: boolean): Sampled {
  const api = useApi();
  const uid = vmi?.metadata.uid ?? "";
  const [sampled, setSampled] = useState<Sampled>({ samples: [] });
  useEffect(() => {
    setSampled({ samples: recall(api, uid) });
    if (!runs) return;
    const path = buildVerbPath("virtualmachineinstances", namespace, name, "metrics");
    return sampleOn(api, path, (next) => {
      if (next instanceof Error) {
        setSampled(({ samples }) => ({ samples, error: next }));
        return;
      }
      const samples = addSample(recall(api, uid), next);
      keep(api, uid, samples);
      setSampled({ samples });
    });
  }, [api, namespace, name, uid, runs]);
  return sampled;
}

/** Asks again and again; what it returns ends that. */
function sampleOn(api: Api, path: string, tell: (next: Metrics | Error) => void): () => void {
  const ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  const ask = async () => {
    clearTimeout(timer);
    if (asking || ending.signal.aborted || document.visibilityState === "hidden") return;
    asking = true;
    const wait = await askOnce(api, path, ending.signal, tell);
    asking = false;
    if (wait !== null && !ending.signal.aborted) timer = setTimeout(ask, wait * 1000);
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    ending.abort();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", ask);
  };
}

/** Returns after how many seconds to ask again; null: there is no use in it. */
async function askOnce(
  api: Api,
  path: string,
  ending: AbortSignal,
  tell: (next: Metrics | Error) => void,
): Promise<number | null> {
  const signal = AbortSignal.any([ending, AbortSignal.timeout(DEADLINE_SECONDS * 1000)]);
  try {
    const metrics = (await api.call({ path, signal })) as Metrics;
    if (!ending.aborted) tell(metrics);
    return SAMPLE_SECONDS;
  } catch (error) {
    if (ending.aborted) return null;
    tell(error instanceof Error ? error : new Error(String(error)));
    return error instanceof ApiError && error.code === 403 ? null : PATIENCE_SECONDS;
  }
}

function recall(api: Api, uid: string): readonly Metrics[] {
  return held.get(api)?.get(uid) ?? [];
}

function keep(api: Api, uid: string, samples: readonly Metrics[]): void {
  const known = held.get(api) ?? new Map<string, readonly Metrics[]>();
  held.set(api, known);
  known.delete(uid);
  known.set(uid, samples);
  for (const oldest of known.keys()) {
    if (known.size <= MOST_GUESTS) break;
    known.delete(oldest);
  }
}
