/** The VM of this page and its instance, kept up to date. */
import { useMemo } from "react";
import { useLiveOne } from "../../data/live.ts";
import { VMIS, VMS } from "../../data/resources.ts";
import type { VirtualMachine, VirtualMachineInstance } from "../../model/kubevirt.ts";
import { joinMachine, type Machine } from "../../model/machine.ts";
import type { LiveGateProps } from "../../part/LiveGate.tsx";

export interface LiveMachine {
  readonly live: LiveGateProps["live"];
  /** Undefined while it is loaded, and when there is none (any more). */
  readonly machine?: Machine;
}

/** Who may see one of the two alone sees that one. */
export function useMachine(namespace: string, name: string): LiveMachine {
  const vm = useLiveOne<VirtualMachine>(VMS, name, namespace);
  const vmi = useLiveOne<VirtualMachineInstance>(VMIS, name, namespace);
  const machine = useMemo(() => joinMachine(vm.object, vmi.object), [vm.object, vmi.object]);
  return { live: chooseState(vm, vmi), machine };
}

type State = LiveMachine["live"];

function chooseState(vm: State, vmi: State): State {
  const loading = [vm, vmi].find((each) => each.state === "loading");
  if (loading !== undefined) return loading;
  const refused = [vm, vmi].filter((each) => each.state === "refused");
  if (refused.length === 2) return vm;
  return [vm, vmi].find((each) => each.state === "stale") ?? { state: "live" };
}
