/** Jumps to a VM by its name, from every page. */
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import { type RefObject, useMemo, useState } from "react";
import { useLiveTable } from "../data/live.ts";
import { VMIS, VMS } from "../data/resources.ts";
import { findNamed, type Named } from "../model/find.ts";
import { WITHOUT_VM } from "../model/row.ts";
import { useTranslation } from "../text/hook.ts";
import { Combo } from "./Combo.tsx";
import { useGo, vmPath } from "./query.ts";
import { useScope } from "./scope.ts";

const MOST = 12;

export function SearchBox({ inputRef }: { readonly inputRef: RefObject<HTMLInputElement | null> }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [isOpen, setOpen] = useState(false);
  const go = useGo();
  const searching = isOpen && text.trim() !== "";
  const { vms, isLoading } = useVms(searching);
  const { found, total } = useMemo(() => findNamed(vms, text, MOST), [vms, text]);
  return (
    <Combo
      className="vp-search"
      label={t("Go to a virtual machine")}
      icon={<SearchIcon />}
      placeholder={t("Find a VM")}
      text={text}
      onText={setText}
      isOpen={searching}
      onOpen={setOpen}
      choices={found.map(showChoice)}
      note={isLoading ? t("Loading") : t("{{count}} VMs found", { count: total })}
      onTake={(key) => {
        setText("");
        const [namespace = "", name = ""] = key.split("/");
        go(vmPath(namespace, name));
      }}
      onFree={(free) => go(`/vms?${new URLSearchParams({ q: free.trim() })}`)}
      inputRef={inputRef}
      field={{ "aria-keyshortcuts": "/", enterKeyHint: "search" }}
    />
  );
}

/** All VMs that the user may see, and the instances without one; read once somebody searches. */
function useVms(wanted: boolean): { readonly vms: readonly Named[]; readonly isLoading: boolean } {
  const { everywhere, namespace } = useScope();
  const known = wanted && everywhere !== undefined;
  const where = { namespace: everywhere === true ? undefined : namespace };
  const vms = useLiveTable(known ? VMS : undefined, where);
  const vmis = useLiveTable(known ? VMIS : undefined, { ...where, labelSelector: WITHOUT_VM });
  const named = useMemo(
    () =>
      [...vms.rows, ...vmis.rows].map(({ object: { metadata } }) => ({
        namespace: metadata.namespace ?? "",
        name: metadata.name,
      })),
    [vms.rows, vmis.rows],
  );
  return { vms: named, isLoading: vms.state === "loading" };
}

const showChoice = ({ namespace, name }: Named) => ({
  key: `${namespace}/${name}`,
  label: (
    <>
      <strong>{name}</strong> <span className="vp-dim">{namespace}</span>
    </>
  ),
});
