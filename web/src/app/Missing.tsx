/** An address that no page has. */

import { Link } from "wouter";
import { PageFrame } from "../part/PageFrame.tsx";
import { useTranslation } from "../text/hook.ts";

export function Missing() {
  const { t } = useTranslation();
  return (
    <PageFrame title={t("There is no such page")}>
      <Link href="/">{t("Overview")}</Link>
    </PageFrame>
  );
}
