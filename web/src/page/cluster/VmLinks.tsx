/** The VMs that refer to something, as links: the first few, and how many more. */
import { ExpandableSection } from "@patternfly/react-core";
import { Link } from "wouter";
import { vmPath } from "../../app/query.ts";
import type { Place } from "../../model/cluster.ts";
import { useTranslation } from "../../text/hook.ts";

const SHOWN = 3;
/** More do not help anybody; the list of VMs can be filtered. */
const ALL = 200;

export interface VmLinksProps {
  readonly vms: readonly Place[];
  /** Says the namespace with each, where it is not clear from the row. */
  readonly withNamespace?: boolean;
}

export function VmLinks({ vms, withNamespace = false }: VmLinksProps) {
  const { t } = useTranslation();
  if (vms.length === 0) return <>{t("none")}</>;
  const link = ({ namespace, name }: Place) => (
    <li key={`${namespace}/${name}`}>
      <Link href={vmPath(namespace, name)}>{withNamespace ? `${namespace}/${name}` : name}</Link>
    </li>
  );
  const more = vms.slice(SHOWN, ALL);
  return (
    <>
      <ul className="vp-plain-list">{vms.slice(0, SHOWN).map(link)}</ul>
      {more.length > 0 && (
        <ExpandableSection
          toggleText={t("{{count}} more", { count: vms.length - SHOWN })}
          isIndented
        >
          <ul className="vp-plain-list">{more.map(link)}</ul>
        </ExpandableSection>
      )}
    </>
  );
}
