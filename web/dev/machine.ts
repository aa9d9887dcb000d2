/** What the world's VMs are made of: objects as virtpod's controller leaves them. */
import { type Json, now } from "./store.ts";

export const VM = "kubevirt.io/virtualmachines";
export const VMI = "kubevirt.io/virtualmachineinstances";
export const POD = "/pods";
export const EVENT = "/events";

export interface Wanted {
  readonly name: string;
  readonly namespace: string;
  readonly strategy?: string;
  readonly cores?: number;
  readonly memory?: string;
  readonly instancetype?: string;
  readonly labels?: Record<string, string>;
  readonly volumes?: readonly Json[];
  readonly networks?: readonly string[];
  readonly ageSeconds?: number;
}

/** A VirtualMachine without a status. */
export function buildVm(wanted: Wanted): Json {
  const { name, namespace, strategy = "Always", cores = 1, memory = "128Mi" } = wanted;
  const { instancetype, labels = { app: name }, networks = [], ageSeconds = 3600 } = wanted;
  const image = "localhost/virtpod/tiny:latest";
  const volumes = wanted.volumes ?? [{ name: "boot", containerDisk: { image } }];
  const size = instancetype === undefined ? { cpu: { cores }, memory: { guest: memory } } : {};
  const all = ["default", ...networks];
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachine",
    metadata: { name, namespace, labels, generation: 1, creationTimestamp: now(ageSeconds) },
    spec: {
      runStrategy: strategy,
      ...(instancetype === undefined ? {} : { instancetype: { name: instancetype } }),
      template: {
        metadata: { labels },
        spec: {
          architecture: "amd64",
          terminationGracePeriodSeconds: 30,
          domain: {
            ...size,
            machine: { type: "q35" },
            devices: {
              disks: volumes.map((each) => ({ name: each.name, disk: { bus: "virtio" } })),
              interfaces: all.map((each) =>
                each === "default" ? { name: each, masquerade: {} } : { name: each, bridge: {} },
              ),
              rng: {},
            },
          },
          networks: all.map((each) =>
            each === "default"
              ? { name: each, pod: {} }
              : { name: each, multus: { networkName: each } },
          ),
          volumes,
        },
      },
    },
  };
}

/** The VirtualMachineInstance of a VM, as far as it has come. */
export function buildVmi(vm: Json, node: string, ip: string, ageSeconds = 0): Json {
  const { name, namespace, uid } = vm.metadata;
  const { spec } = vm.spec.template;
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstance",
    metadata: {
      name,
      namespace,
      labels: { ...vm.spec.template.metadata?.labels, "vm.kubevirt.io/name": name },
      creationTimestamp: now(ageSeconds),
      ownerReferences: [
        { apiVersion: "kubevirt.io/v1", kind: "VirtualMachine", name, uid, controller: true },
      ],
    },
    spec: { ...spec, domain: { cpu: { cores: 2 }, memory: { guest: "2Gi" }, ...spec.domain } },
    status: buildRunning(spec, node, ip, ageSeconds),
  };
}

function buildRunning(spec: Json, node: string, ip: string, ageSeconds: number): Json {
  const memory = spec.domain.memory?.guest ?? "2Gi";
  const time = now(Math.max(0, ageSeconds - 4));
  const ready = (type: string, status: string, message = "") => ({
    type,
    status,
    message,
    lastTransitionTime: time,
  });
  return {
    phase: "Running",
    nodeName: node,
    activePods: { "00000000-0000-4000-8000-0000000000aa": node },
    qosClass: "Burstable",
    conditions: [
      ready("Ready", "True"),
      ready("LiveMigratable", "False", "live migration is not built yet"),
      ready("AgentConnected", "True"),
    ],
    phaseTransitionTimestamps: ["Pending", "Scheduling", "Scheduled", "Running"].map(
      (phase, index) => ({ phase, phaseTransitionTimestamp: now(ageSeconds - index) }),
    ),
    interfaces: (spec.networks ?? []).map((network: Json, index: number) => ({
      name: network.name,
      mac: `02:00:00:00:00:0${index + 1}`,
      ipAddress: index === 0 ? ip : undefined,
      ipAddresses: index === 0 ? [ip, "fe80::1"] : [],
      interfaceName: `eth${index}`,
      podInterfaceName: `eth${index}`,
      infoSource: "domain, guest-agent",
      linkState: "up",
    })),
    guestOSInfo: {
      id: "alpine",
      name: "Alpine Linux",
      prettyName: "Alpine Linux v3.22",
      version: "3.22",
      kernelRelease: "6.12.1-virt",
      machine: "x86_64",
    },
    memory: {
      guestAtBoot: memory,
      guestCurrent: memory,
      guestRequested: memory,
      memoryOverhead: "210Mi",
    },
    currentCPUTopology: { cores: spec.domain.cpu?.cores ?? 2, sockets: 1, threads: 1 },
    machine: { type: "pc-q35-10.0" },
    volumeStatus: (spec.volumes ?? []).map((volume: Json, index: number) => ({
      name: volume.name,
      target: `vd${"abcdefgh"[index]}`,
      phase: "Ready",
      size: 1024 ** 3 * (index + 1),
    })),
    migrationMethod: "LiveMigration",
  };
}

/** The pod of a VMI that runs. */
export function buildPod(vmi: Json): Json {
  const { name, namespace, labels, uid, creationTimestamp } = vmi.metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: { ...labels, "kubevirt.io/created-by": uid },
      creationTimestamp,
      ownerReferences: [
        {
          apiVersion: "kubevirt.io/v1",
          kind: "VirtualMachineInstance",
          name,
          uid,
          controller: true,
        },
      ],
    },
    spec: {
      nodeName: vmi.status.nodeName,
      containers: [{ name: "guest-console-log" }, { name: "compute" }],
    },
    status: { phase: "Running", podIP: vmi.status.interfaces?.[0]?.ipAddress },
  };
}

/** A core/v1 Event about an object. */
export function buildEvent(
  object: Json,
  type: string,
  reason: string,
  message: string,
  ago = 0,
): Json {
  const { name, namespace, uid } = object.metadata;
  const suffix = `${reason}-${ago}-${Date.now().toString(36)}`.toLowerCase();
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${suffix}`, namespace, creationTimestamp: now(ago) },
    type,
    reason,
    message,
    count: 1,
    firstTimestamp: now(ago),
    lastTimestamp: now(ago),
    source: { component: "virt-controller" },
    reportingComponent: "virt-controller",
    involvedObject: { apiVersion: "kubevirt.io/v1", kind: object.kind, namespace, name, uid },
  };
}

/** status of a VM in a printable state, with the sentence behind it. */
export function buildStatus(vm: Json, word: string, sentence: string, vmi?: Json): Json {
  const running = word === "Running" || word === "Paused";
  const { spec } = vm.spec.template;
  const instance = {
    nodeName: vmi?.status.nodeName,
    ipAddress: vmi?.status.interfaces?.[0]?.ipAddress,
    vcpus: spec.domain.cpu?.cores ?? 2,
    memory: spec.domain.memory?.guest ?? "2Gi",
    reason: running ? undefined : word,
  };
  const ready = {
    type: "Ready",
    status: word === "Running" ? "True" : "False",
    reason: running ? undefined : word,
    message: sentence,
    lastTransitionTime: now(),
  };
  const paused = {
    type: "Paused",
    status: "True",
    reason: "PausedByUser",
    message: "VMI was paused by user",
    lastTransitionTime: now(),
  };
  const { instancetype } = vm.spec;
  return {
    ...vm.status,
    printableStatus: word,
    created: vmi !== undefined,
    ready: word === "Running",
    runStrategy: vm.spec.runStrategy,
    observedGeneration: vm.metadata.generation,
    desiredGeneration: vm.metadata.generation,
    conditions: word === "Paused" ? [ready, paused] : [ready],
    instancetypeRef: instancetype && {
      kind: "VirtualMachineClusterInstancetype",
      ...instancetype,
    },
    instance,
  };
}
