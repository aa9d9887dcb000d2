/** The VMs that are not as wanted: why, in the controller's own sentence, and where to look. */
import OkIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import type { TFunction } from "i18next";
import { useEffect, useMemo, useState } from "react";
import { Link } from "wouter";
import { vmPath } from "../../app/query.ts";
import type { KubeObject } from "../../data/api.ts";
import { useApi } from "../../data/context.tsx";
import { VMIS, VMS } from "../../data/resources.ts";
import { chooseStep, listAttention, type NextStep } from "../../model/attention.ts";
import { type Condition, findCondition } from "../../model/kubevirt.ts";
import type { Row } from "../../model/row.ts";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Section } from "./Section.tsx";
import { linkTo } from "./Statuses.tsx";

/** So many are explained, each by one request; the rest is in the list. */
const MOST = 8;

export function Attention({ rows }: { readonly rows: readonly Row[] }) {
  const { t } = useTranslation();
  const found = useMemo(() => listAttention(rows), [rows]);
  const rest = found.length - MOST;
  return (
    <Section title={t("Needs attention")}>
      {found.length === 0 ? (
        <p>
          <span className="vp-good">
            <OkIcon />
          </span>{" "}
          {t("All VMs are as they should be.")}
        </p>
      ) : (
        <ul className="vp-attention">
          {found.slice(0, MOST).map((row) => (
            <Item key={row.key} row={row} />
          ))}
        </ul>
      )}
      {rest > 0 && (
        <p>
          <Link href={linkTo([...new Set(found.map(({ status }) => status))])}>
            {t("{{count}} more in the list", { count: rest })}
          </Link>
        </p>
      )}
    </Section>
  );
}

function Item({ row }: { readonly row: Row }) {
  const { t } = useTranslation();
  const why = useWhy(row);
  const { href, text } = linkStep(row, t);
  return (
    <li className="vp-attention-item">
      <p className="vp-attention-name">
        <StatusLabel word={row.status} />{" "}
        <Link href={vmPath(row.namespace, row.name)} className="vp-words">
          {row.name}
        </Link>{" "}
        <span className="vp-dim vp-words">{row.namespace}</span>
      </p>
      <p className="vp-words" dir="auto">
        {why ?? row.reason}
      </p>
      <p>
        <Link href={href} aria-label={`${text}: ${row.name}`}>
          {text}
        </Link>
      </p>
    </li>
  );
}

function linkStep({ namespace, name, status }: Row, t: TFunction): { href: string; text: string } {
  const step: NextStep = chooseStep(status);
  switch (step) {
    case "log":
      return { href: vmPath(namespace, name, "log"), text: t("See the console's log") };
    case "yaml":
      return { href: vmPath(namespace, name, "yaml"), text: t("Correct the VM") };
    case "nodes":
      return { href: "/nodes", text: t("See the nodes") };
    case "storage":
      return { href: `/storage?namespace=${namespace}`, text: t("See the storage") };
    case "events":
      return { href: vmPath(namespace, name, "events"), text: t("See the events") };
  }
}

type Explained = KubeObject & { readonly status?: { readonly conditions?: readonly Condition[] } };

/** The message of the Ready condition, read anew whenever the VM's line in the list changed. */
function useWhy(row: Row): string | undefined {
  const api = useApi();
  const [why, setWhy] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const resource = row.kind === "VirtualMachine" ? VMS : VMIS;
    api.get<Explained>(resource, row.name, { namespace: row.namespace, signal }).then(
      ({ status }) => setWhy(findCondition(status?.conditions, "Ready")?.message),
      // The list's short reason stands there then.
      () => {},
    );
    return () => controller.abort();
  }, [api, row]);
  return why;
}
