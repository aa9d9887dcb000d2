/** Everything that may refer to something, live. */
import { useMemo } from "react";
import { type Live, useLive } from "../../data/live.ts";
import { VMIS, VMS } from "../../data/resources.ts";
import { listUsers, type User } from "../../model/cluster.ts";
import type { VirtualMachine, VirtualMachineInstance } from "../../model/kubevirt.ts";

export interface Users {
  readonly users: readonly User[];
  /** Of the VMs: without them nobody knows who refers to what. */
  readonly vms: Live<VirtualMachine>;
}

/** The users in a namespace, or in all of them. */
export function useUsers(namespace: string | undefined): Users {
  const vms = useLive<VirtualMachine>(VMS, { namespace });
  const vmis = useLive<VirtualMachineInstance>(VMIS, { namespace });
  const users = useMemo(() => listUsers(vms.items, vmis.items), [vms.items, vmis.items]);
  return { users, vms };
}
