/** How many look at a console at this moment; nothing where the cluster does not tell. */
import { Label } from "@patternfly/react-core";
import UsersIcon from "@patternfly/react-icons/dist/esm/icons/users-icon";
import { useEffect, useState } from "react";
import type { Api } from "../../../data/api.ts";
import { useApi } from "../../../data/context.tsx";
import { buildVerbPath } from "../../../data/path.ts";
import type { ConsoleKind } from "../../../model/console.ts";
import { useTranslation } from "../../../text/hook.ts";
import type { Target } from "./useConsole.ts";

/** The metrics are samples. */
const SAMPLE_MS = 5000;

export interface ViewersProps {
  readonly kind: ConsoleKind;
  readonly target: Target;
}

export function Viewers({ kind, target }: ViewersProps) {
  const { t } = useTranslation();
  const count = useViewers(kind, target);
  if (count === null) return null;
  return (
    <Label icon={<UsersIcon />} color={count > 1 ? "orange" : "grey"}>
      {t("{{count}} viewers", { count })}
    </Label>
  );
}

function useViewers(kind: ConsoleKind, { namespace, name }: Target): number | null {
  const api = useApi();
  const [count, setCount] = useState<number | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    const path = buildVerbPath("virtualmachineinstances", namespace, name, "metrics");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const sample = async () => {
      const seen = document.hidden ? undefined : await readViewers(api, path, controller.signal);
      if (controller.signal.aborted) return;
      if (seen !== undefined) setCount(seen[kind] ?? null);
      timer = setTimeout(sample, SAMPLE_MS);
    };
    void sample();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [api, kind, namespace, name]);
  return count;
}

/** Without an answer nobody is counted. */
async function readViewers(
  api: Api,
  path: string,
  signal: AbortSignal,
): Promise<Partial<Record<ConsoleKind, number>>> {
  try {
    const body = (await api.call({ path, signal })) as {
      viewers?: Partial<Record<ConsoleKind, number>>;
    };
    return body.viewers ?? {};
  } catch {
    return {};
  }
}
