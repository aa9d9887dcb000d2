/** Chooses the namespace that all pages look at; typed, where namespaces cannot be listed. */
import FolderIcon from "@patternfly/react-icons/dist/esm/icons/folder-icon";
import { type RefObject, useState } from "react";
import { useLive } from "../data/live.ts";
import { NAMESPACES } from "../data/resources.ts";
import { useTranslation } from "../text/hook.ts";
import { Combo } from "./Combo.tsx";
import { changeQuery } from "./query.ts";
import type { Scope } from "./scope.ts";

const MOST = 100;
const ALL = "";

export interface NamespacePickerProps {
  readonly scope: Scope;
  readonly inputRef: RefObject<HTMLInputElement | null>;
}

export function NamespacePicker({ scope, inputRef }: NamespacePickerProps) {
  const { t } = useTranslation();
  const { namespace, namesKnown, everywhere } = scope;
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState<string | null>(null);
  const known = useLive(isOpen && namesKnown === true ? NAMESPACES : undefined);
  const part = (typed ?? "").trim().toLowerCase();
  const names = known.items
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.includes(part))
    .sort();
  const choose = (name: string) => {
    setTyped(null);
    changeQuery({ namespace: name === ALL ? null : name });
  };
  const all = { key: ALL, label: t("All namespaces") };
  const choices = names.slice(0, MOST).map((name) => ({ key: name, label: name }));
  return (
    <Combo
      className="vp-namespace"
      label={t("Namespace")}
      icon={<FolderIcon />}
      placeholder={everywhere === false ? t("Namespace") : t("All namespaces")}
      text={typed ?? namespace ?? ""}
      onText={setTyped}
      isOpen={isOpen}
      onOpen={(open) => {
        setOpen(open);
        if (!open) setTyped(null);
      }}
      choices={part === "" && everywhere !== false ? [all, ...choices] : choices}
      note={namesKnown === false ? t("Type a namespace and press Enter") : undefined}
      onTake={choose}
      onFree={(free) => choose(complete(free.trim(), names))}
      inputRef={inputRef}
      field={{ maxLength: 63, onFocus: ({ target }) => target.select() }}
    />
  );
}

/** The one name that is left of the known ones; else what was typed. */
function complete(typed: string, names: readonly string[]): string {
  const [only, ...others] = names;
  return typed === "" || only === undefined || others.length > 0 ? typed : only;
}
