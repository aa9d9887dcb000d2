/** Where the user may look, as far as the API server says. */
import { useEffect } from "react";
import { useSession } from "../data/context.tsx";
import { NAMESPACES, VMS } from "../data/resources.ts";
import { useRights } from "../data/rights.ts";
import { changeQuery, useNamespace } from "./query.ts";

export interface Scope {
  /** Whether VMs of all namespaces can be listed; undefined while nobody knows. */
  readonly everywhere: boolean | undefined;
  /** Whether the namespaces themselves can be listed: else their names have to be typed. */
  readonly namesKnown: boolean | undefined;
  /** The chosen namespace; undefined means all. */
  readonly namespace: string | undefined;
}

export function useScope(): Scope {
  const [vms, names] = useRights([
    { verb: "list", resource: VMS },
    { verb: "list", resource: NAMESPACES },
  ]);
  return {
    everywhere: vms === undefined || vms.state === "unknown" ? undefined : vms.state === "allowed",
    namesKnown:
      names === undefined || names.state === "unknown" ? undefined : names.state === "allowed",
    namespace: useNamespace(),
  };
}

/** Who may not look everywhere begins in the namespace that their login names. */
export function useHomeNamespace({ everywhere, namespace }: Scope): void {
  const home = useSession().namespace;
  useEffect(() => {
    if (everywhere === false && namespace === undefined && home !== "") {
      changeQuery({ namespace: home });
    }
  }, [everywhere, namespace, home]);
}
