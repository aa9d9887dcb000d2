/** What a cluster's objects have to do with its VMs: who refers to whom, and what is left. */
import type {
  Claim,
  DataVolume,
  InstanceSpec,
  Matcher,
  Node,
  VirtualMachine,
  VirtualMachineInstance,
} from "./kubevirt.ts";
import { findCondition } from "./kubevirt.ts";
import { parseQuantity } from "./quantity.ts";

const KVM_LABEL = "virtpod.io/kvm";
const SCHEDULABLE_LABEL = "kubevirt.io/schedulable";
const ROLE_PREFIX = "node-role.kubernetes.io/";
const ENDED = new Set(["Succeeded", "Failed"]);
const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

/** An object by its place; a namespace of "" is the cluster. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface NodeSummary {
  readonly name: string;
  readonly roles: readonly string[];
  readonly ready: boolean;
  /** False after `kubectl cordon`. */
  readonly schedulable: boolean;
  /** Whether virtpod's handler runs VMs there. */
  readonly runsVms: boolean;
  /** "kvm", or "emulated" where guests run without; "" where nobody has said. */
  readonly acceleration: "kvm" | "emulated" | "";
  /** Of the node, as far as pods may have it: CPUs, and bytes. */
  readonly cpus: number;
  readonly memoryBytes: number;
  /** What the VMs that run there have been given. */
  readonly vms: readonly Place[];
  readonly vmCpus: number;
  readonly vmMemoryBytes: number;
}

/** The nodes in the order of their names, each with the VMs that run on it. */
export function summarizeNodes(
  nodes: readonly Node[],
  vmis: readonly VirtualMachineInstance[],
): readonly NodeSummary[] {
  const running = Map.groupBy(
    vmis.filter((vmi) => !ENDED.has(vmi.status?.phase ?? "")),
    (vmi) => vmi.status?.nodeName ?? "",
  );
  return [...nodes]
    .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))
    .map((node) => summarizeNode(node, running.get(node.metadata.name) ?? []));
}

function summarizeNode(node: Node, vmis: readonly VirtualMachineInstance[]): NodeSummary {
  const labels = node.metadata.labels ?? {};
  const kvm = labels[KVM_LABEL];
  return {
    name: node.metadata.name,
    roles: Object.keys(labels)
      .filter((label) => label.startsWith(ROLE_PREFIX))
      .map((label) => label.slice(ROLE_PREFIX.length)),
    ready: findCondition(node.status?.conditions, "Ready")?.status === "True",
    schedulable: node.spec?.unschedulable !== true,
    runsVms: labels[SCHEDULABLE_LABEL] === "true",
    acceleration: kvm === undefined ? "" : kvm === "true" ? "kvm" : "emulated",
    cpus: parseQuantity(node.status?.allocatable?.cpu),
    memoryBytes: parseQuantity(node.status?.allocatable?.memory),
    vms: vmis.map(placeOf),
    vmCpus: vmis.reduce((sum, vmi) => sum + countVcpus(vmi), 0),
    vmMemoryBytes: vmis.reduce((sum, vmi) => sum + measureMemory(vmi), 0),
  };
}

/** The virtual CPUs of an instance: sockets × cores × threads. */
export function countVcpus(vmi: VirtualMachineInstance): number {
  const cpu = vmi.status?.currentCPUTopology ?? vmi.spec.domain.cpu;
  return (cpu?.sockets ?? 1) * (cpu?.cores ?? 1) * (cpu?.threads ?? 1);
}

/** The guest's memory in bytes; 0 where nobody says. */
export function measureMemory(vmi: VirtualMachineInstance): number {
  const { memory, resources } = vmi.spec.domain;
  const bytes = parseQuantity(
    vmi.status?.memory?.guestCurrent ?? memory?.guest ?? resources?.requests?.memory,
  );
  return Number.isNaN(bytes) ? 0 : bytes;
}

/** A VM, or an instance that belongs to none, with what its volumes and networks name. */
export interface User extends Place {
  readonly spec: InstanceSpec;
  readonly instancetype?: Matcher;
  readonly preference?: Matcher;
}

/** Everything that may refer to something: all VMs, and the instances that belong to none. */
export function listUsers(
  vms: readonly VirtualMachine[],
  vmis: readonly VirtualMachineInstance[],
): readonly User[] {
  const owned = (vmi: VirtualMachineInstance) =>
    vmi.metadata.ownerReferences?.some((owner) => owner.kind === "VirtualMachine") ?? false;
  return [
    ...vms.map((vm) => ({
      ...placeOf(vm),
      spec: vm.spec.template.spec,
      instancetype: vm.spec.instancetype,
      preference: vm.spec.preference,
    })),
    ...vmis.filter((vmi) => !owned(vmi)).map((vmi) => ({ ...placeOf(vmi), spec: vmi.spec })),
  ];
}

/** By "namespace/name" of a claim: who uses it. A DataVolume's claim has the DataVolume's name. */
export function mapClaims(users: readonly User[]): ReadonlyMap<string, readonly Place[]> {
  const pairs = users.flatMap((user) =>
    (user.spec.volumes ?? []).flatMap((volume) => {
      const claim = volume.persistentVolumeClaim?.claimName ?? volume.dataVolume?.name;
      return claim === undefined ? [] : [[keyOf(user.namespace, claim), user] as const];
    }),
  );
  return collect(pairs);
}

/** By "namespace/name" of a network attachment; "pod" is the network of pods. */
export function mapNetworks(users: readonly User[]): ReadonlyMap<string, readonly Place[]> {
  const pairs = users.flatMap((user) =>
    (user.spec.networks ?? []).flatMap((network) => {
      if (network.pod !== undefined) return [["pod", user] as const];
      const name = network.multus?.networkName;
      if (name === undefined) return [];
      return [[name.includes("/") ? name : keyOf(user.namespace, name), user] as const];
    }),
  );
  return collect(pairs);
}

/** By "namespace/name" ("/name" for the cluster's): who is made of an instancetype. */
export function mapInstancetypes(users: readonly User[]): ReadonlyMap<string, readonly Place[]> {
  return mapMatchers(users, (user) => user.instancetype, "virtualmachineinstancetype");
}

/** The same for preferences. */
export function mapPreferences(users: readonly User[]): ReadonlyMap<string, readonly Place[]> {
  return mapMatchers(users, (user) => user.preference, "virtualmachinepreference");
}

function mapMatchers(
  users: readonly User[],
  pick: (user: User) => Matcher | undefined,
  namespaced: string,
): ReadonlyMap<string, readonly Place[]> {
  const pairs = users.flatMap((user) => {
    const matcher = pick(user);
    if (matcher?.name === undefined) return [];
    // the API takes kinds in any case and number
    const kind = (matcher.kind ?? "").toLowerCase().replace(/s$/, "");
    return [[keyOf(kind === namespaced ? user.namespace : "", matcher.name), user] as const];
  });
  return collect(pairs);
}

function collect(pairs: Iterable<readonly [string, Place]>): ReadonlyMap<string, readonly Place[]> {
  const found = new Map<string, Place[]>();
  for (const [key, { namespace, name }] of pairs) {
    const places = found.get(key) ?? [];
    if (!places.some((place) => place.namespace === namespace && place.name === name)) {
      places.push({ namespace, name });
    }
    found.set(key, places);
  }
  return found;
}

/** How the maps above name an object. */
export function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function placeOf(object: { metadata: { namespace?: string; name: string } }): Place {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}

export interface ClaimSummary extends Place {
  readonly phase: string;
  /** What it has, else what it asks for. */
  readonly bytes: number;
  readonly storageClass: string;
  readonly accessModes: readonly string[];
  readonly volumeMode: string;
  readonly users: readonly Place[];
  /** Of the DataVolume that fills it: its phase and, while it does, how far it is. */
  readonly filling: string;
}

/** The claims in the order of their names, with who uses them. */
export function summarizeClaims(
  claims: readonly Claim[],
  dataVolumes: readonly DataVolume[],
  users: readonly User[],
): readonly ClaimSummary[] {
  const used = mapClaims(users);
  const filled = new Map(
    dataVolumes.map((each) => [
      keyOf(each.metadata.namespace ?? "", each.status?.claimName ?? each.metadata.name),
      [each.status?.phase, each.status?.progress]
        .filter((word) => word && word !== "N/A")
        .join(" "),
    ]),
  );
  return [...claims].sort(byPlace).map((claim) => {
    const place = placeOf(claim);
    const key = keyOf(place.namespace, place.name);
    return {
      ...place,
      phase: claim.status?.phase ?? "",
      bytes: parseQuantity(
        claim.status?.capacity?.storage ?? claim.spec?.resources?.requests?.storage,
      ),
      storageClass: claim.spec?.storageClassName ?? "",
      accessModes: claim.spec?.accessModes ?? [],
      volumeMode: claim.spec?.volumeMode ?? "Filesystem",
      users: used.get(key) ?? [],
      filling: filled.get(key) ?? "",
    };
  });
}

/** Whether claims that name no class get this one. */
export function isDefaultClass(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return annotations?.[DEFAULT_CLASS] === "true";
}

/** Orders objects by namespace, then name. */
export function byPlace(
  a: { metadata: { namespace?: string; name: string } },
  b: { metadata: { namespace?: string; name: string } },
): number {
  const [one, other] = [placeOf(a), placeOf(b)];
  return one.namespace.localeCompare(other.namespace) || one.name.localeCompare(other.name);
}

/** The type of a CNI configuration, such as bridge or macvlan; "" where it cannot be read. */
export function readCniType(config: string | undefined): string {
  try {
    const parsed: unknown = JSON.parse(config ?? "");
    const { type, plugins } = parsed as { type?: unknown; plugins?: { type?: unknown }[] };
    const found = type ?? plugins?.[0]?.type;
    return typeof found === "string" ? found : "";
  } catch {
    return "";
  }
}
