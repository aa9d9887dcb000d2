/** A VM and its instance, or an instance alone, as one thing: what the page of a VM shows. Pure. */

import {
  type Condition,
  findCondition,
  type InstanceSpec,
  type VirtualMachine,
  type VirtualMachineInstance,
} from "./kubevirt.ts";
import type { Subject } from "./power.ts";
import { parseQuantity } from "./quantity.ts";
import type { RowKind } from "./row.ts";

export interface Machine {
  readonly kind: RowKind;
  readonly namespace: string;
  readonly name: string;
  readonly vm?: VirtualMachine;
  readonly vmi?: VirtualMachineInstance;
}

/** Undefined when there is neither. An instance that another VM left behind is its own. */
export function joinMachine(
  vm?: VirtualMachine,
  vmi?: VirtualMachineInstance,
): Machine | undefined {
  const object = vm ?? vmi;
  if (object === undefined) return undefined;
  const kind = vm === undefined ? "VirtualMachineInstance" : "VirtualMachine";
  const { name, namespace = "" } = object.metadata;
  return { kind, namespace, name, vm, vmi };
}

/** printableStatus of a VM; the phase of an instance, or that it is paused. */
export function readStatus({ vm, vmi }: Machine): string {
  if (vm !== undefined) return vm.status?.printableStatus ?? "";
  if (vmi === undefined) return "";
  if (vmi.metadata.deletionTimestamp !== undefined) return "Terminating";
  return isPaused(vmi) ? "Paused" : (vmi.status?.phase ?? "");
}

export function isPaused(vmi: VirtualMachineInstance | undefined): boolean {
  return findCondition(vmi?.status?.conditions, "Paused")?.status === "True";
}

/** Whether a guest is there to be looked at. */
export function isRunning({ vmi }: Machine): boolean {
  return vmi?.status?.phase === "Running";
}

export function hasAgent({ vmi }: Machine): boolean {
  return findCondition(vmi?.status?.conditions, "AgentConnected")?.status === "True";
}

/** What can be done to it is decided in power.ts. */
export function toSubject(machine: Machine): Subject {
  const { kind, namespace, name, vm, vmi } = machine;
  const { uid = "", deletionTimestamp } = (vm ?? vmi)?.metadata ?? {};
  return {
    kind,
    namespace,
    name,
    uid,
    status: readStatus(machine),
    paused: isPaused(vmi),
    deleting: deletionTimestamp !== undefined,
    runStrategy: readStrategy(vm),
  };
}

/** The deprecated field running means one of two strategies. */
export function readStrategy(vm: VirtualMachine | undefined): string | undefined {
  if (vm === undefined) return undefined;
  const { runStrategy, running } = vm.spec;
  return runStrategy ?? (running ? "Always" : "Halted");
}

/** The sentence that tells why it is as it is; "" while nobody has said one. */
export function findWhy({ vm, vmi }: Machine): string {
  const ready = findCondition((vm ?? vmi)?.status?.conditions, "Ready");
  return ready === undefined || ready.status === "True"
    ? ""
    : (ready.message ?? ready.reason ?? "");
}

/** Changes that wait for a restart. */
export function findPending({ vm }: Machine): Condition | undefined {
  const condition = findCondition(vm?.status?.conditions, "RestartRequired");
  return condition?.status === "True" ? condition : undefined;
}

/** What the guest is, or would be: an instance has its instancetype and defaults in it. */
export function readSpec({ vm, vmi }: Machine): InstanceSpec | undefined {
  return vmi?.spec ?? vm?.spec.template.spec;
}

/** How many; undefined where an instancetype says it, and nobody has asked yet. */
export function countVcpus({ vm, vmi }: Machine): number | undefined {
  const cpu = vmi?.status?.currentCPUTopology ?? readSpec({ vm, vmi } as Machine)?.domain.cpu;
  if (cpu === undefined) return vm?.status?.instance?.vcpus;
  return (cpu.cores ?? 1) * (cpu.sockets ?? 1) * (cpu.threads ?? 1);
}

/** Bytes of RAM; NaN where it is not known. */
export function readMemory({ vm, vmi }: Machine): number {
  const status = vmi?.status?.memory;
  const spec = (vmi?.spec ?? vm?.spec.template.spec)?.domain;
  return parseQuantity(
    status?.guestCurrent ??
      spec?.memory?.guest ??
      vm?.status?.instance?.memory ??
      spec?.resources?.requests?.memory,
  );
}

/** Where to look next, by what is wrong. */
export type NextStep = "log" | "events" | "nodes" | "storage" | "yaml" | "start";

const STEPS: ReadonlyMap<string, NextStep> = new Map(
  Object.entries<NextStep>({
    CrashLoopBackOff: "log",
    Failed: "log",
    ErrorUnschedulable: "nodes",
    ErrorPvcNotFound: "storage",
    WaitingForVolumeBinding: "storage",
    DataVolumeError: "storage",
    Provisioning: "storage",
    ErrImagePull: "yaml",
    ImagePullBackOff: "yaml",
    Starting: "events",
    Pending: "events",
    Scheduling: "events",
    Unknown: "events",
    Stopped: "start",
  }),
);

export function chooseStep(machine: Machine): NextStep | undefined {
  return STEPS.get(readStatus(machine));
}
