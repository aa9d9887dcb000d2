/** A replacement of an object that others change, too. */
import { type Api, ApiError, type KubeObject, type Resource } from "../data/api.ts";
import { equal } from "./rebase.ts";
import { hideKept, restoreKept } from "./shown.ts";

/** How often a conflict over what nobody edits, as a status, is answered by trying again. */
const TRIES = 4;

export interface Job {
  readonly api: Api;
  readonly resource: Resource;
  readonly edited: Record<string, unknown>;
  readonly base: KubeObject;
  readonly dryRun: boolean;
}

export type Answer = { readonly result: KubeObject } | { readonly theirs: KubeObject };

/** A replacement; what changed meanwhile beside the edited part, as the status, does not stop it. */
export async function replace(job: Job, onWarning: (text: string) => void): Promise<Answer> {
  const { api, resource, edited, dryRun } = job;
  const { namespace, name } = job.base.metadata;
  let base = job.base;
  for (let left = TRIES; ; left--) {
    try {
      const options = { namespace, dryRun, strict: true, onWarning };
      return { result: await api.replace(resource, restoreKept(edited, base), options) };
    } catch (error) {
      const conflict = error instanceof ApiError && error.code === 409 && left > 0;
      if (!conflict) throw error;
      const fresh = await api.get<KubeObject>(resource, name, { namespace });
      if (fresh.metadata.uid !== base.metadata.uid) throw error;
      if (!equal(shownOf(fresh), shownOf(base))) return { theirs: fresh };
      base = fresh;
    }
  }
}

function shownOf(object: KubeObject) {
  const { apiVersion: _version, kind: _kind, ...shown } = hideKept(object);
  return shown;
}
