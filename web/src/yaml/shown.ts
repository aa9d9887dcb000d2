/** What of an object stands in the editor, and how the rest gets back into it; pure. */
import type { KubeObject } from "../data/api.ts";
import { isRecord } from "../model/draft.ts";

type Tree = Record<string, unknown>;

/** Kept by the API server; nobody can change them, and they would change under one's hands. */
const HIDDEN = [
  "managedFields",
  "resourceVersion",
  "generation",
  "uid",
  "creationTimestamp",
  "selfLink",
] as const;

/** The object as it is shown: without status, and without what the API server keeps. */
export function hideKept(object: KubeObject): Tree {
  const { status: _status, metadata, ...rest } = object as KubeObject & { status?: unknown };
  const { apiVersion, kind, ...others } = rest as Tree;
  const shown: Tree = { ...metadata };
  for (const name of HIDDEN) delete shown[name];
  return { apiVersion, kind, metadata: shown, ...others };
}

/**
 * The object to send: what the user wrote, as a change of `base`. Kinds without a status of its own
 * would lose it in a replacement, so it goes along; others ignore it.
 */
export function restoreKept(edited: Tree, base: KubeObject): KubeObject {
  const { status } = base as KubeObject & { status?: unknown };
  const { uid, resourceVersion } = base.metadata;
  const written = isRecord(edited.metadata) ? edited.metadata : {};
  return {
    ...edited,
    metadata: { ...written, uid, resourceVersion },
    ...(status === undefined ? {} : { status }),
  } as unknown as KubeObject;
}
