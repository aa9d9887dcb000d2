/** How many VMs are in which status; each count leads to them. */
import { useMemo } from "react";
import { Link } from "wouter";
import { countStatuses } from "../../model/attention.ts";
import { formatNumber } from "../../model/quantity.ts";
import type { Row } from "../../model/row.ts";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Section } from "./Section.tsx";

export function Statuses({ rows }: { readonly rows: readonly Row[] }) {
  const { t, i18n } = useTranslation();
  const counts = useMemo(() => countStatuses(rows), [rows]);
  return (
    <Section title={t("Virtual machines by status")} isWide>
      <ul className="vp-counts">
        <li>
          <Link href="/vms" className="vp-count">
            <strong>{formatNumber(rows.length, i18n.language)}</strong> {t("in all")}
          </Link>
        </li>
        {counts.map(({ status, count }) => (
          <li key={status}>
            <Link href={linkTo([status])} className="vp-count">
              <strong>{formatNumber(count, i18n.language)}</strong>{" "}
              {status === "" ? t("New") : <StatusLabel word={status} />}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The list of those in one of the statuses. */
export function linkTo(statuses: readonly string[]): string {
  const known = statuses.filter((each) => each !== "");
  if (known.length === 0) return "/vms";
  return `/vms?${new URLSearchParams({ q: `status:${known.join(",")}` })}`;
}
