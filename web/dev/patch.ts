/** JSON merge patches (RFC 7386) and JSON patches (RFC 6902). */
import type { Json } from "./store.ts";

export class PatchError extends Error {}

export function mergePatch(target: Json, patch: Json): Json {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === "object" && target !== null && !Array.isArray(target);
  const result: Record<string, Json> = base ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

export function jsonPatch(target: Json, steps: readonly Json[]): Json {
  const result = structuredClone(target);
  for (const { op, path, value } of steps) {
    const parts = (path as string).split("/").slice(1).map(unescapePart);
    const last = parts.pop() as string;
    let place = result;
    for (const part of parts) {
      place = place?.[part];
      if (place === undefined) throw new PatchError(`there is no ${path}`);
    }
    if (op === "test" && JSON.stringify(place[last]) !== JSON.stringify(value)) {
      throw new PatchError(`testing ${path} failed`);
    }
    if (op === "remove" && Array.isArray(place)) place.splice(Number(last), 1);
    else if (op === "remove") delete place[last];
    if (op !== "add" && op !== "replace") continue;
    if (!Array.isArray(place)) place[last] = value;
    else if (op === "replace") place[Number(last)] = value;
    else place.splice(last === "-" ? place.length : Number(last), 0, value);
  }
  return result;
}

function unescapePart(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
