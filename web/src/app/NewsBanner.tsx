/** Says what a page that is gone has left to say; the place is always there, for screen readers. */
import { Button } from "@patternfly/react-core";
import CloseIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { leaveNews, tellNews, useNews } from "../part/news.ts";
import { useTranslation } from "../text/hook.ts";

export function NewsBanner() {
  const { t } = useTranslation();
  const [path] = useLocation();
  const news = useNews();
  useEffect(() => () => leaveNews(path), [path]);
  const isShown = news?.path === path;
  const dismiss = () => {
    // before the button takes the focus with it
    document.getElementById("vp-main")?.focus({ preventScroll: true });
    tellNews(null);
  };
  return (
    <div role="status">
      {isShown && (
        <div className="vp-banner vp-banner-live">
          <p className="vp-words">{news.text}</p>
          <Button
            variant="plain"
            size="sm"
            hasNoPadding
            aria-label={t("Dismiss")}
            icon={<CloseIcon />}
            onClick={dismiss}
          />
        </div>
      )}
    </div>
  );
}
