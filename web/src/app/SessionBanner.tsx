/** Says when the session is about to end, and offers the next one before anything is lost. */
import { Button } from "@patternfly/react-core";
import WarningIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import { useSyncExternalStore } from "react";
import { useSession } from "../data/context.tsx";
import { describeError } from "../data/words.ts";
import { readNow, subscribeMinute } from "../part/clock.ts";
import { useTranslation } from "../text/hook.ts";

const never = () => () => {};
const nothing = () => null;

export function SessionBanner() {
  const { keeper } = useSession();
  const ending = useSyncExternalStore(keeper?.subscribe ?? never, keeper?.read ?? nothing);
  return (
    <div role="status" className="vp-banner-place">
      {ending !== null && <Ends {...ending} />}
    </div>
  );
}

function Ends({ at, why }: { readonly at: number; readonly why?: Error }) {
  const { t } = useTranslation();
  const { again } = useSession();
  const now = useSyncExternalStore(subscribeMinute, readNow);
  const count = Math.max(1, Math.ceil((at - now) / 60_000));
  return (
    <div className="vp-banner vp-banner-stale">
      <WarningIcon />
      <p className="vp-words">
        <strong>{t("Your session ends in {{count}} minutes.", { count })}</strong>{" "}
        {again === undefined
          ? t("Save what you have begun; then log in again.")
          : t("Log in again in another tab: this page goes on as it is.")}{" "}
        {again !== undefined && (
          <Button variant="link" isInline onClick={() => open(again, "_blank", "noopener")}>
            {t("Log in again")}
          </Button>
        )}{" "}
        <span className="vp-dim">{why && describeError(why, t)}</span>
      </p>
    </div>
  );
}
