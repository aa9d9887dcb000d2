/**
 * Field paths as Kubernetes writes them: spec.volumes[0].name, metadata.labels[app.io/x]. Pure.
 */
import { isRecord } from "./draft.ts";

export type Step = string | number;

/** The steps of a path; a number in brackets is an item, other text in them is a key. */
export function parseFieldPath(path: string): Step[] {
  const steps: Step[] = [];
  for (const [, plain, bracketed] of path.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    if (plain !== undefined) steps.push(plain);
    else if (bracketed !== undefined && /^[0-9]+$/.test(bracketed)) steps.push(Number(bracketed));
    else if (bracketed !== undefined) steps.push(bracketed.replace(/^(["'])(.*)\1$/, "$2"));
  }
  return steps;
}

/**
 * The steps that an object has of these, as far as it has them: keys with dots in them, which a
 * path cannot tell from steps, are put together again.
 */
export function followSteps(object: unknown, steps: readonly Step[]): Step[] {
  const followed: Step[] = [];
  let [here, at] = [object, 0];
  while (at < steps.length) {
    const found = findChild(here, steps, at);
    if (found === null) break;
    followed.push(found.step);
    here = found.child;
    at = found.next;
  }
  return followed;
}

interface Found {
  readonly step: Step;
  readonly child: unknown;
  readonly next: number;
}

function findChild(here: unknown, steps: readonly Step[], at: number): Found | null {
  const step = steps[at];
  if (Array.isArray(here)) {
    const whole = typeof step === "number" && step < here.length;
    return whole ? { step, child: here[step], next: at + 1 } : null;
  }
  if (!isRecord(here)) return null;
  for (let next = at + 1; next <= steps.length; next++) {
    const key = steps.slice(at, next).join(".");
    if (Object.hasOwn(here, key)) return { step: key, child: here[key], next };
  }
  return null;
}

/** What the API server writes where a cause has no path. */
const NO_FIELD = "<nil>";

/** A cause of a refusal, with its field as text; "" is the whole object. */
export interface FieldCause {
  readonly field: string;
  readonly message: string;
}

/** A right that is missing; a quota that is used up is Forbidden as well, and says other words. */
const NO_RIGHT = / cannot create resource .* in the namespace "/;

/**
 * All that a refusal complains of, each with the field it is about. Strict decoding (unknown and
 * duplicate fields), a VM that exists already, and a namespace that does not exist or is not the
 * user's have no causes, but name the field in words.
 */
export function listCauses(error: {
  readonly message: string;
  readonly reason: string;
  readonly causes: readonly { readonly field?: string; readonly message: string }[];
}): FieldCause[] {
  if (error.causes.length > 0) {
    const causes = error.causes.map(({ field, message }) => ({ field: field ?? "", message }));
    // That some rules could not be checked after the others failed has no field, and is no news.
    const told = causes.filter(({ field }) => field !== NO_FIELD);
    return told.length > 0 ? told : causes.map(({ message }) => ({ field: "", message }));
  }
  const strict = [...error.message.matchAll(/(unknown|duplicate) field "([^"]+)"/g)];
  if (strict.length > 0) {
    return strict.map(([message, , field]) => ({ field: field ?? "", message }));
  }
  if (error.reason === "AlreadyExists" || error.message.endsWith(" already exists"))
    return [{ field: "metadata.name", message: error.message }];
  const isUnknown = error.reason === "NotFound" && error.message.startsWith("namespaces ");
  if (isUnknown || (error.reason === "Forbidden" && NO_RIGHT.test(error.message))) {
    return [{ field: "metadata.namespace", message: error.message }];
  }
  return [{ field: "", message: error.message }];
}
