/**
 * A virtual machine as the form of the create page holds it, before it is a manifest. Pure, as are
 * draftBuild (form → manifest), draftRead (back), draftCheck (what is wrong before anybody is
 * asked) and draftField (where an answer of the API server belongs).
 */

export const SOURCES = ["container", "claim", "upload", "kernel"] as const;
/** What the guest boots from. */
export type Source = (typeof SOURCES)[number];

export const STRATEGIES = ["Always", "RerunOnFailure", "Once", "Manual", "Halted"] as const;
export type Strategy = (typeof STRATEGIES)[number];

export const BINDINGS = ["masquerade", "bridge", "none"] as const;
/** How the guest is on the pod's network. */
export type Binding = (typeof BINDINGS)[number];

/** An instancetype or a preference of the cluster or of the VM's namespace. */
export interface Choice {
  readonly scope: "cluster" | "namespace";
  readonly name: string;
}

export interface Label {
  readonly key: string;
  readonly value: string;
}

export interface Draft {
  /** Identifier of the example that it began with; "" is none. */
  readonly example: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: readonly Label[];
  readonly source: Source;
  /** A container disk. */
  readonly image: string;
  /** Where an image comes from: "" leaves it to the tag. */
  readonly pullPolicy: "" | "Always" | "IfNotPresent" | "Never";
  /** Name of a claim of the namespace. */
  readonly claim: string;
  readonly uploadSize: string;
  /** "" is the cluster's default. */
  readonly uploadClass: string;
  readonly kernelImage: string;
  readonly kernelPath: string;
  readonly initrdPath: string;
  readonly kernelArgs: string;
  /** Whether an instancetype says the size. */
  readonly sizedBy: "instancetype" | "own";
  readonly instancetype: Choice | null;
  readonly preference: Choice | null;
  /** As they were typed. */
  readonly cpus: string;
  readonly memory: string;
  readonly user: string;
  readonly password: string;
  /** Public keys, one a line of OpenSSH's authorized_keys each. */
  readonly sshKeys: readonly string[];
  readonly binding: Binding;
  readonly strategy: Strategy;
  /** Start it once, where the strategy leaves that to the user. */
  readonly start: boolean;
}

/** A field of the form, as errors name it. */
export type FieldName = Exclude<
  keyof Draft,
  "example" | "sizedBy" | "source" | "start" | "pullPolicy"
>;

export const EMPTY_DRAFT: Draft = {
  example: "",
  name: "",
  namespace: "",
  labels: [],
  source: "container",
  image: "",
  pullPolicy: "",
  claim: "",
  uploadSize: "10Gi",
  uploadClass: "",
  kernelImage: "",
  kernelPath: "",
  initrdPath: "",
  kernelArgs: "",
  sizedBy: "own",
  instancetype: null,
  preference: null,
  cpus: "1",
  memory: "512Mi",
  user: "",
  password: "",
  sshKeys: [],
  binding: "masquerade",
  strategy: "Always",
  start: true,
};

/** What an example sets. */
export interface Example {
  readonly id: string;
  readonly draft: Partial<Draft>;
}

const TINY = "localhost/virtpod/tiny:latest";
const LOCAL = { image: TINY, pullPolicy: "IfNotPresent" } as const;

/** The VMs of manifests/examples, and the two guests of images/. */
export const EXAMPLES: readonly Example[] = [
  { id: "tiny", draft: { ...LOCAL, cpus: "1", memory: "128Mi" } },
  {
    id: "sized",
    draft: {
      ...LOCAL,
      sizedBy: "instancetype",
      instancetype: { scope: "cluster", name: "u1.nano" },
      preference: { scope: "cluster", name: "alpine" },
    },
  },
  {
    id: "kernel",
    draft: {
      source: "kernel",
      kernelImage: TINY,
      pullPolicy: "IfNotPresent",
      kernelPath: "/boot/vmlinuz",
      initrdPath: "/boot/initrd",
      kernelArgs: "console=ttyS0 mitigations=off no_timer_check",
      memory: "128Mi",
    },
  },
  {
    id: "debian",
    draft: {
      image: "localhost/virtpod/debian:latest",
      pullPolicy: "IfNotPresent",
      memory: "512Mi",
      user: "debian",
    },
  },
];

/** What boots: an example that would leave it as it is would be none. */
const BOOT: ReadonlySet<string> = new Set<keyof Draft>([
  "source",
  "image",
  "pullPolicy",
  "claim",
  "kernelImage",
  "kernelPath",
  "initrdPath",
  "kernelArgs",
]);

/**
 * The draft that an example makes, "" for none. What the user has set stays: what is there, and is
 * not as the example before left it. What boots, an example says itself.
 */
export function takeExample(draft: Draft, id: string): Draft {
  const [before, made] = [beginWith(draft.example), beginWith(id)];
  const own = Object.entries(draft).filter(([key, value]) => {
    const isKept = key !== "example" && (id === "" || !BOOT.has(key));
    const old = before[key as keyof Draft];
    return isKept && value !== "" && JSON.stringify(value) !== JSON.stringify(old);
  });
  const next: Draft = { ...made, ...Object.fromEntries(own) };
  // who chose an instancetype wants it to say the size
  const isSized = draft.sizedBy === "instancetype" && own.some(([key]) => key === "instancetype");
  return isSized ? { ...next, sizedBy: draft.sizedBy } : next;
}

function beginWith(id: string): Draft {
  const example = EXAMPLES.find((each) => each.id === id);
  return { ...EMPTY_DRAFT, ...example?.draft, example: example?.id ?? "" };
}

/** What may be kept for a reload: no password, and no key. */
export function stripSecrets(draft: Draft): Draft {
  return { ...draft, password: "", sshKeys: [] };
}

/** Reads what `stripSecrets` left behind; anything that is no draft makes an empty one. */
export function restoreDraft(text: string | null): Draft {
  if (text === null) return EMPTY_DRAFT;
  try {
    const found: unknown = JSON.parse(text);
    return isRecord(found) ? mergeKnown(found) : EMPTY_DRAFT;
  } catch {
    return EMPTY_DRAFT;
  }
}

const ONE_OF: { readonly [K in keyof Draft]?: readonly unknown[] } = {
  source: SOURCES,
  strategy: STRATEGIES,
  binding: BINDINGS,
  sizedBy: ["instancetype", "own"],
  example: ["", ...EXAMPLES.map(({ id }) => id)],
  pullPolicy: ["", "Always", "IfNotPresent", "Never"],
};

function mergeKnown(found: Record<string, unknown>): Draft {
  const draft: Record<string, unknown> = { ...EMPTY_DRAFT };
  for (const [key, normal] of Object.entries(EMPTY_DRAFT)) {
    const value = found[key];
    if (fits(key as keyof Draft, value, normal)) draft[key] = value;
  }
  return stripSecrets(draft as unknown as Draft);
}

function fits(key: keyof Draft, value: unknown, normal: unknown): boolean {
  if (key === "labels") return Array.isArray(value) && value.every(isLabel);
  if (key === "instancetype" || key === "preference") return value === null || isChoice(value);
  const known = ONE_OF[key];
  return known === undefined ? typeof value === typeof normal : known.includes(value);
}

function isLabel(value: unknown): boolean {
  return isRecord(value) && typeof value.key === "string" && typeof value.value === "string";
}

function isChoice(value: unknown): boolean {
  const known = isRecord(value) && (value.scope === "cluster" || value.scope === "namespace");
  return known && typeof value.name === "string";
}

/** Whether something is an object with keys. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
