/** Schemas of kinds from the API server: each document is asked for once, when it is first needed. */
import type { Api } from "../data/api.ts";
import { type Kind, KindSchema, pathOfDocument } from "./openapi.ts";

const documents = new WeakMap<Api, Map<string, Promise<unknown>>>();

/** The schema of a kind; null when the API server has none. Asks anew after a failure. */
export async function loadSchema(api: Api, kind: Kind): Promise<KindSchema | null> {
  const known = documents.get(api) ?? new Map<string, Promise<unknown>>();
  documents.set(api, known);
  const path = pathOfDocument(kind);
  // The path is what somebody typed: only a group and a version may be asked for.
  if (!/^\/openapi\/v3\/[a-z0-9./-]+$/.test(path) || path.includes("..")) return null;
  const asked = known.get(path) ?? api.call({ path });
  known.set(path, asked);
  try {
    const schema = new KindSchema(await asked, kind);
    return schema.known ? schema : null;
  } catch {
    known.delete(path);
    return null;
  }
}
