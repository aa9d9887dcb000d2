/** Shows what was read; while it loads, or when it is refused, it says so. */
import { Alert } from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { ApiError } from "../data/api.ts";
import type { LiveState } from "../data/live.ts";
import { useTranslation } from "../text/hook.ts";
import { Loading } from "./Loading.tsx";
import { Refusal } from "./Refusal.tsx";

export interface LiveGateProps {
  /** What useLive, useLiveOne or useLiveTable gave. */
  readonly live: { readonly state: LiveState; readonly error?: ApiError };
  /** What could not be read, for the refusal. */
  readonly title?: string;
  readonly children: ReactNode;
}

export function LiveGate({ live, title, children }: LiveGateProps) {
  if (live.state === "loading") {
    // The first answer is still out, and it is tried again: that has a reason.
    return live.error === undefined ? <Loading /> : <Refusal error={live.error} title={title} />;
  }
  if (live.state === "refused" && live.error !== undefined) {
    if (live.error.code === 403) return <Denial why={live.error.message} />;
    return <Refusal error={live.error} title={title} />;
  }
  // Stale is said once, for the whole page: by ConnectionBanner.
  return children;
}

/** Most users of a cluster may not see all of it: that is no failure, and nothing to be alarmed at. */
function Denial({ why }: { readonly why: string }) {
  const { t } = useTranslation();
  const title = t("Your rights do not allow to see this.");
  return (
    <Alert variant="info" isInline isPlain component="p" title={title}>
      <p className="vp-words">{why}</p>
    </Alert>
  );
}

export { Loading };
