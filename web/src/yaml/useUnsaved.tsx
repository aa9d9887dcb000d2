/** Asks before what is not saved yet is left: by a link, by "back", by closing the window. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { holdPage } from "../app/query.ts";
import { Confirm } from "../part/Confirm.tsx";
import { useTranslation } from "../text/hook.ts";

/** The question, while it stands; to be rendered where the hook is used. */
export function useUnsaved(dirty: boolean): ReactNode {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState<string | null>(null);
  const release = useRef(() => {});
  useEffect(() => {
    if (!dirty) return;
    release.current = holdPage(setWanted);
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", onUnload);
    return () => {
      release.current();
      removeEventListener("beforeunload", onUnload);
    };
  }, [dirty]);
  if (wanted === null) return null;
  return (
    <Confirm
      title={t("Leave without saving?")}
      verb={t("Leave")}
      danger
      onClose={() => setWanted(null)}
      onConfirm={() => {
        release.current();
        location.hash = wanted;
      }}
    >
      {t("What you changed here is lost then.")}
    </Confirm>
  );
}
