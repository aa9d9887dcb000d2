/** What each node has, and how much of it VMs have been given. */
import { Progress, ProgressMeasureLocation, ProgressSize } from "@patternfly/react-core";
import { useMemo } from "react";
import { Link } from "wouter";
import { useLive } from "../../data/live.ts";
import { NODES } from "../../data/resources.ts";
import { type Given, NOTHING_GIVEN, shareOf, sumByNode } from "../../model/attention.ts";
import { findCondition, type Node, type Quantity } from "../../model/kubevirt.ts";
import { formatBytes, formatNumber, parseQuantity } from "../../model/quantity.ts";
import { LiveGate } from "../../part/LiveGate.tsx";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { useTranslation } from "../../text/hook.ts";
import { useRows } from "../vms/useRows.ts";
import { Section } from "./Section.tsx";

/** So many are shown; the rest is on the nodes' own page. */
const MOST = 12;

/** `namespace`: of which VMs the user may read; undefined means all. */
export function Nodes({ namespace }: { readonly namespace: string | undefined }) {
  const { t } = useTranslation();
  const live = useLive<Node>(NODES);
  const { rows } = useRows(namespace);
  const given = useMemo(() => sumByNode(rows), [rows]);
  const nodes = useMemo(
    () => live.items.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name)),
    [live.items],
  );
  const rest = nodes.length - MOST;
  return (
    <Section
      title={t("Nodes")}
      note={
        namespace === undefined || live.state === "refused"
          ? undefined
          : t("Counted are the VMs of namespace {{namespace}}: you may not see all.", { namespace })
      }
    >
      <LiveGate live={live} title={t("The nodes could not be read")}>
        <ul className="vp-nodes">
          {nodes.slice(0, MOST).map((node) => (
            <NodeCard
              key={node.metadata.name}
              node={node}
              given={given.get(node.metadata.name) ?? NOTHING_GIVEN}
            />
          ))}
        </ul>
        {rest > 0 && (
          <p>
            <Link href="/nodes">{t("{{count}} more nodes", { count: rest })}</Link>
          </p>
        )}
      </LiveGate>
    </Section>
  );
}

function NodeCard({ node, given }: { readonly node: Node; readonly given: Given }) {
  const { t, i18n } = useTranslation();
  const { name } = node.metadata;
  const { allocatable, conditions } = node.status ?? {};
  const isReady = findCondition(conditions, "Ready")?.status === "True";
  const language = i18n.language;
  return (
    <li className="vp-node">
      <h3 className="vp-node-name">
        <span className="vp-words">{name}</span>{" "}
        <StatusLabel word={isReady ? "Ready" : "NotReady"} />
      </h3>
      <p>
        <Link href={`/vms?${new URLSearchParams({ q: `node:${name}` })}`}>
          {t("{{count}} VMs", { count: given.vms })}
        </Link>
        {node.spec?.unschedulable === true && <> · {t("takes no new VMs")}</>}
      </p>
      <Share
        title={t("CPUs given to VMs")}
        part={given.cpus}
        whole={allocatable?.cpu}
        say={(value) => formatNumber(value, language)}
      />
      <Share
        title={t("Memory given to VMs")}
        part={given.memoryBytes}
        whole={allocatable?.memory}
        say={(value) => formatBytes(value, language)}
      />
    </li>
  );
}

interface ShareProps {
  readonly title: string;
  readonly part: number;
  readonly whole: Quantity | undefined;
  readonly say: (value: number) => string;
}

/** More than all is possible, and usual for CPUs: the bar is full then, the words say it. */
function Share({ title, part, whole, say }: ShareProps) {
  const { t } = useTranslation();
  const share = shareOf(part, whole);
  const all = parseQuantity(whole);
  return (
    <Progress
      title={title}
      value={Math.min(100, Math.round(share * 100))}
      size={ProgressSize.sm}
      measureLocation={ProgressMeasureLocation.top}
      label={t("{{part}} of {{whole}}", { part: say(part), whole: all > 0 ? say(all) : "?" })}
      valueText={t("{{part}} of {{whole}}", { part: say(part), whole: all > 0 ? say(all) : "?" })}
    />
  );
}
