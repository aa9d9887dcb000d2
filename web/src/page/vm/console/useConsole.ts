/** A console of a VM, for as long as the component that shows it is there. */
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { useApi } from "../../../data/context.tsx";
import { useLiveOne } from "../../../data/live.ts";
import { buildVerbPath } from "../../../data/path.ts";
import { VMIS, VMS } from "../../../data/resources.ts";
import { type ConsoleKind, judgeMachine } from "../../../model/console.ts";
import type { VirtualMachine, VirtualMachineInstance } from "../../../model/kubevirt.ts";
import { type Attach, ConsoleDriver, type ConsoleView } from "./driver.ts";

export interface Target {
  readonly namespace: string;
  readonly name: string;
}

export interface ConsoleHold {
  readonly view: ConsoleView;
  /** The VM, where there is one, and where it may be read. */
  readonly vm?: VirtualMachine;
  readonly vmi?: VirtualMachineInstance;
  /** Tries it now, instead of later or never. */
  readonly reconnect: () => void;
}

const LOADING: ConsoleView = { state: "loading", reason: "", until: null };
const VERBS = { serial: "console", vnc: "vnc" } as const;

/** `attach` shows sessions; while it is undefined nothing is connected. Keep it the same. */
export function useConsole(
  kind: ConsoleKind,
  { namespace, name }: Target,
  attach: Attach | undefined,
): ConsoleHold {
  const api = useApi();
  const vms = useLiveOne<VirtualMachine>(VMS, name, namespace);
  const vmis = useLiveOne<VirtualMachineInstance>(VMIS, name, namespace);
  const [driver, setDriver] = useState<ConsoleDriver>();
  useEffect(() => {
    if (attach === undefined) return;
    const path = buildVerbPath("virtualmachineinstances", namespace, name, VERBS[kind]);
    const made = new ConsoleDriver(api, path, attach);
    setDriver(made);
    const online = () => made.dispatch({ type: "online" });
    addEventListener("online", online);
    return () => {
      removeEventListener("online", online);
      made.stop();
    };
  }, [api, kind, namespace, name, attach]);
  const loaded = vms.state !== "loading" && vmis.state !== "loading";
  const known = loaded && vmis.state !== "refused";
  const machine = judgeMachine(kind, vms.object, vmis.object, known);
  useEffect(() => {
    if (loaded) driver?.dispatch({ type: "machine", machine });
  }, [driver, loaded, machine]);
  const view = useSyncExternalStore(driver?.subscribe ?? never, driver?.read ?? readLoading);
  const reconnect = useCallback(() => driver?.dispatch({ type: "reconnect" }), [driver]);
  return { view, vm: vms.object, vmi: vmis.object, reconnect };
}

const never = () => () => {};
const readLoading = () => LOADING;
