/**
 * What is wrong with a draft as far as the page itself can tell. The bounds are those of the CRD's
 * schema (api/meta.py, api/volume.py), which has the last word in a dry run.
 */
import type { Draft, FieldName } from "./draft.ts";
import { buildUserData, type Keeping } from "./draftBuild.ts";

/** Why a field cannot be as it is; the texts for each are the page's. */
export type Fault =
  | "needed"
  | "no-name"
  | "no-namespace"
  | "unknown-namespace"
  | "no-image"
  | "no-path"
  | "no-size"
  | "no-count"
  | "no-label"
  | "label-twice"
  | "no-key"
  | "private-key"
  | "too-long";

export type Faults = Partial<Record<FieldName, Fault>>;

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const HOST = "(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
const TAG =
  "(?::[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,128})?";
const IMAGE = new RegExp(`^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*${TAG}$`);
const QUANTITY = /^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$/;
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** An algorithm and its blob; options before them and a comment after them are possible. */
const PUBLIC_KEY = /(^|\s)((ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+)\s+[A-Za-z0-9+/]+={0,3}(\s|$)/;
const INLINE_BYTES = 2048;

/**
 * All faults at once, one a field. `namespaces`: those that there are; null where nobody knows,
 * because the user may not list them.
 */
export function checkDraft(
  draft: Draft,
  keeping: Keeping,
  namespaces: ReadonlySet<string> | null = null,
): Faults {
  return clean({
    name: checkName(draft.name),
    namespace: checkNamespace(draft.namespace, namespaces),
    labels: checkLabels(draft),
    ...checkSource(draft),
    ...checkSize(draft),
    ...checkAccess(draft, keeping),
  });
}

type Found = Partial<Record<FieldName, Fault | undefined>>;

function clean(found: Found): Faults {
  const entries = Object.entries(found).filter(([, fault]) => fault !== undefined);
  return Object.fromEntries(entries) as Faults;
}

function unless(pattern: RegExp, text: string, fault: Fault): Fault | undefined {
  return pattern.test(text) ? undefined : fault;
}

function checkName(name: string): Fault | undefined {
  if (name === "") return "needed";
  return name.length > 253 ? "too-long" : unless(NAME, name, "no-name");
}

function checkNamespace(name: string, known: ReadonlySet<string> | null): Fault | undefined {
  if (name === "") return "needed";
  if (!DNS_LABEL.test(name)) return "no-namespace";
  return known === null || known.has(name) ? undefined : "unknown-namespace";
}

function checkSource(draft: Draft): Found {
  if (draft.source === "container") return { image: checkImage(draft.image) };
  if (draft.source === "claim") return { claim: draft.claim === "" ? "needed" : undefined };
  if (draft.source === "upload") return { uploadSize: checkSizeText(draft.uploadSize) };
  return {
    kernelImage: checkImage(draft.kernelImage),
    kernelPath: draft.kernelPath === "" ? "needed" : checkPath(draft.kernelPath),
    initrdPath: checkPath(draft.initrdPath),
    kernelArgs: draft.kernelArgs.length > INLINE_BYTES ? "too-long" : undefined,
  };
}

function checkImage(image: string): Fault | undefined {
  return image === "" ? "needed" : unless(IMAGE, image, "no-image");
}

function checkPath(path: string): Fault | undefined {
  const climbs = path.split("/").includes("..");
  return path === "" || (path.startsWith("/") && path.length > 1 && !climbs)
    ? undefined
    : "no-path";
}

function checkSize(draft: Draft): Found {
  if (draft.sizedBy === "instancetype") {
    return { instancetype: draft.instancetype === null ? "needed" : undefined };
  }
  return {
    cpus: /^0*[1-9][0-9]{0,3}$/.test(draft.cpus) ? undefined : "no-count",
    memory: checkSizeText(draft.memory),
  };
}

function checkSizeText(text: string): Fault | undefined {
  if (text === "") return "needed";
  return QUANTITY.test(text) && /[1-9]/.test(text) ? undefined : "no-size";
}

function checkLabels(draft: Draft): Fault | undefined {
  const keys = draft.labels.map((label) => label.key);
  if (new Set(keys).size < keys.length) return "label-twice";
  return draft.labels.every(({ key, value }) => isLabelKey(key) && isLabelValue(value))
    ? undefined
    : "no-label";
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  const prefix = key.slice(0, Math.max(slash, 0));
  const prefixed = slash < 0 || (NAME.test(prefix) && prefix.length <= 253);
  return prefixed && LABEL_NAME.test(key.slice(slash + 1));
}

function isLabelValue(value: string): boolean {
  return value === "" || LABEL_NAME.test(value);
}

function checkAccess(draft: Draft, keeping: Keeping): Found {
  const keys = draft.sshKeys.map((key) => key.trim()).filter((key) => key !== "");
  const bytes = new TextEncoder().encode(buildUserData(draft)).length;
  const long = keeping === "inline" && bytes > INLINE_BYTES;
  return { user: long ? "too-long" : undefined, sshKeys: checkKeys(keys) };
}

/** A private key must not leave the user's hands, so it is told apart from a typing error. */
function checkKeys(keys: readonly string[]): Fault | undefined {
  if (keys.some((key) => key.includes("PRIVATE KEY"))) return "private-key";
  return keys.every((key) => PUBLIC_KEY.test(key)) ? undefined : "no-key";
}
