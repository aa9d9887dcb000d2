/** What becomes of the page when its VM is gone. */
import { useEffect, useRef } from "react";
import { useGo } from "../../app/query.ts";
import { rowKey } from "../../model/row.ts";
import { tellNews } from "../../part/news.ts";
import { useWish } from "../../part/wishes.ts";
import { useTranslation } from "../../text/hook.ts";
import type { LiveMachine } from "./useMachine.ts";

const LIST = "/vms";

/**
 * Goes to the list once the VM is gone that the user has deleted from here, and says so there. True
 * when it was here and is gone.
 */
export function useLeaving({ live, machine }: LiveMachine, namespace: string, name: string) {
  const { t } = useTranslation();
  const go = useGo();
  const asked = useAsked(namespace, name);
  const seen = useRef(false);
  if (machine !== undefined) seen.current = true;
  const gone = seen.current && machine === undefined && live.state === "live";
  useEffect(() => {
    if (!gone || !asked.current) return;
    // "back" would lead to what is not there any more
    go(LIST, { replace: true });
    tellNews({
      path: LIST,
      text: t("{{name}} in {{namespace}} was deleted.", { name, namespace }),
    });
  }, [gone, asked, go, namespace, name, t]);
  return gone;
}

/** Whether its deletion was asked for, also when the wish has come true already. */
function useAsked(namespace: string, name: string) {
  const asked = useRef(false);
  const wishes = [
    useWish(rowKey("VirtualMachine", namespace, name)),
    useWish(rowKey("VirtualMachineInstance", namespace, name)),
  ];
  for (const wish of wishes) {
    if (wish?.verb === "delete") asked.current = wish.state !== "failed";
  }
  return asked;
}
