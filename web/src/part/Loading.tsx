/** Something is on its way. */
import { Bullseye, Spinner } from "@patternfly/react-core";
import { useTranslation } from "../text/hook.ts";

export function Loading() {
  const { t } = useTranslation();
  return (
    <Bullseye className="vp-loading">
      <Spinner size="lg" aria-label={t("Loading")} />
    </Bullseye>
  );
}
