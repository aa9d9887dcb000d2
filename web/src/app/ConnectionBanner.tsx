/** Says when the cluster does not answer, and when it does again. */
import WarningIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import { useEffect, useRef, useState } from "react";
import { useConnection } from "../data/connection.ts";
import { describeError } from "../data/words.ts";
import { formatExact } from "../model/time.ts";
import { useTranslation } from "../text/hook.ts";

/** How long the good news stand there. */
const NEWS_MS = 5_000;

export function ConnectionBanner() {
  const { t, i18n } = useTranslation();
  const { live, since, error } = useConnection();
  const isBack = useJustNow(live);
  const time = since === undefined ? "" : formatExact(since, i18n.language);
  return (
    <div role="status" className="vp-banner-place">
      {!live && (
        <div className="vp-banner vp-banner-stale">
          <WarningIcon />
          <p className="vp-words">
            <strong>{t("The cluster does not answer.")}</strong>{" "}
            {t("What you see may be old since {{time}}. The connection is being made anew.", {
              time,
            })}{" "}
            <span className="vp-dim">{error && describeError(error, t)}</span>
          </p>
        </div>
      )}
      {live && isBack && (
        <p className="vp-banner vp-banner-live">{t("The cluster answers again.")}</p>
      )}
    </div>
  );
}

/** True for a while after `value` became true; not at the start. */
function useJustNow(value: boolean): boolean {
  const before = useRef(value);
  const [isNews, setNews] = useState(false);
  useEffect(() => {
    const became = value && !before.current;
    before.current = value;
    if (!became) return;
    setNews(true);
    const timer = setTimeout(() => setNews(false), NEWS_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return isNews;
}
