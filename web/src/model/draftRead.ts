/**
 * Back from manifests to the form: what the form knows is read, and what it would lose is named.
 * The test of a reading is to build it again and to compare; so nothing is ever lost unseen.
 */
import {
  BINDINGS,
  type Binding,
  type Choice,
  type Draft,
  EMPTY_DRAFT,
  isRecord,
  type Source,
  STRATEGIES,
  type Strategy,
} from "./draft.ts";
import { buildManifests, buildUserData, type Keeping, type Manifests } from "./draftBuild.ts";

export interface Reading {
  readonly draft: Draft;
  /** Paths of what the form cannot show; none: the form makes the very same manifests. */
  readonly lost: readonly string[];
}

type Tree = Record<string, unknown>;

/** Reads a VM, and the Secret with its cloud-init, if it is there. */
export function readManifests(vm: unknown, secret: unknown): Reading {
  const userData = readUserData(vm, secret);
  const draft: Draft = {
    ...EMPTY_DRAFT,
    name: text(at(vm, "metadata", "name")),
    namespace: text(at(vm, "metadata", "namespace")),
    labels: readLabels(at(vm, "metadata", "labels")),
    ...readSource(vm),
    ...readSize(vm),
    preference: readChoice(at(vm, "spec", "preference"), "Preference"),
    ...readCloudConfig(userData),
    binding: readBinding(vm),
    strategy: readStrategy(at(vm, "spec", "runStrategy")),
  };
  const keeping: Keeping = isRecord(secret) ? "secret" : "inline";
  return { draft, lost: compare(buildManifests(draft, keeping), vm, secret) };
}

function compare(built: Manifests, vm: unknown, secret: unknown): string[] {
  const lost = listDifferences(built.vm, vm, "");
  return isRecord(secret) ? [...lost, ...listDifferences(built.secret, secret, "Secret")] : lost;
}

/** Paths at which two trees differ; keys in any order. */
export function listDifferences(one: unknown, other: unknown, path: string): string[] {
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
    return one.flatMap((each, index) => listDifferences(each, other[index], `${path}[${index}]`));
  }
  if (isRecord(one) && isRecord(other)) {
    const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...keys].flatMap((key) =>
      listDifferences(one[key], other[key], path === "" ? key : `${path}.${key}`),
    );
  }
  return Object.is(one, other) ? [] : [path];
}

function at(tree: unknown, ...keys: (string | number)[]): unknown {
  let here = tree;
  for (const key of keys) {
    if (Array.isArray(here)) here = here[Number(key)];
    else here = isRecord(here) ? here[key] : undefined;
  }
  return here;
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function readLabels(labels: unknown): Draft["labels"] {
  if (!isRecord(labels)) return [];
  return Object.entries(labels).map(([key, value]) => ({ key, value: text(value) }));
}

function readChoice(matcher: unknown, family: "Instancetype" | "Preference"): Choice | null {
  if (!isRecord(matcher)) return null;
  const namespaced = matcher.kind === `VirtualMachine${family}`;
  return { scope: namespaced ? "namespace" : "cluster", name: text(matcher.name) };
}

function readSize(vm: unknown): Partial<Draft> {
  const instancetype = readChoice(at(vm, "spec", "instancetype"), "Instancetype");
  if (instancetype !== null) return { sizedBy: "instancetype", instancetype };
  const domain = at(vm, "spec", "template", "spec", "domain");
  return {
    sizedBy: "own",
    cpus: text(at(domain, "cpu", "cores")),
    memory: text(at(domain, "memory", "guest")),
  };
}

function readSource(vm: unknown): Partial<Draft> {
  const kernel = at(vm, "spec", "template", "spec", "domain", "firmware", "kernelBoot");
  if (isRecord(kernel)) return readKernel(kernel);
  const volume = at(vm, "spec", "template", "spec", "volumes", 0);
  const source: Source = isRecord(volume) ? nameSource(volume) : "container";
  const storage = at(vm, "spec", "dataVolumeTemplates", 0, "spec", "storage");
  return {
    source,
    image: text(at(volume, "containerDisk", "image")),
    pullPolicy: readPolicy(at(volume, "containerDisk", "imagePullPolicy")),
    claim: text(at(volume, "persistentVolumeClaim", "claimName")),
    uploadSize: text(at(storage, "resources", "requests", "storage")) || EMPTY_DRAFT.uploadSize,
    uploadClass: text(at(storage, "storageClassName")),
  };
}

function nameSource(volume: Tree): Source {
  if ("persistentVolumeClaim" in volume) return "claim";
  return "dataVolume" in volume ? "upload" : "container";
}

function readKernel(kernel: Tree): Partial<Draft> {
  return {
    source: "kernel",
    kernelImage: text(at(kernel, "container", "image")),
    pullPolicy: readPolicy(at(kernel, "container", "imagePullPolicy")),
    kernelPath: text(at(kernel, "container", "kernelPath")),
    initrdPath: text(at(kernel, "container", "initrdPath")),
    kernelArgs: text(kernel.kernelArgs),
  };
}

function readPolicy(value: unknown): Draft["pullPolicy"] {
  return value === "Always" || value === "IfNotPresent" || value === "Never" ? value : "";
}

function readBinding(vm: unknown): Binding {
  const devices = at(vm, "spec", "template", "spec", "domain", "devices");
  const nic = at(devices, "interfaces", 0);
  return BINDINGS.find((each) => isRecord(nic) && each in nic) ?? "none";
}

function readStrategy(value: unknown): Strategy {
  return STRATEGIES.find((each) => each === value) ?? "Halted";
}

function readUserData(vm: unknown, secret: unknown): string {
  const inSecret = at(secret, "stringData", "userdata");
  if (typeof inSecret === "string") return inSecret;
  const volumes = at(vm, "spec", "template", "spec", "volumes");
  const all = Array.isArray(volumes) ? volumes : [];
  return all.map((each) => text(at(each, "cloudInitNoCloud", "userData"))).join("");
}

/** Of a #cloud-config only what the form itself writes; `compare` finds anything else. */
function readCloudConfig(userData: string): Pick<Draft, "user" | "password" | "sshKeys"> {
  const quoted = (pattern: RegExp) => parseString(pattern.exec(userData)?.[1]);
  const keys = [...userData.matchAll(/^ {2}- (".*")$/gm)].map(([, key]) => parseString(key));
  const found = {
    user: quoted(/^user: (".*")$/m),
    password: quoted(/^password: (".*")$/m),
    sshKeys: keys,
  };
  const same = buildUserData({ ...EMPTY_DRAFT, ...found }) === userData;
  return same ? found : { user: "", password: "", sshKeys: [] };
}

function parseString(json: string | undefined): string {
  if (json === undefined) return "";
  try {
    return text(JSON.parse(json));
  } catch {
    return "";
  }
}
