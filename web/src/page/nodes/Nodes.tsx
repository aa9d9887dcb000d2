/** The nodes: whether they run VMs, how, and how much of them the VMs have been given. */
import { Label, LabelGroup, Progress, ProgressMeasureLocation } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { useMemo } from "react";
import { useLive } from "../../data/live.ts";
import { NODES, VMIS } from "../../data/resources.ts";
import { type NodeSummary, summarizeNodes } from "../../model/cluster.ts";
import type { Node, VirtualMachineInstance } from "../../model/kubevirt.ts";
import { formatBytes, formatNumber } from "../../model/quantity.ts";
import { LiveGate } from "../../part/LiveGate.tsx";
import { PageFrame } from "../../part/PageFrame.tsx";
import { useTranslation } from "../../text/hook.ts";
import { type Column, ObjectTable } from "../cluster/ObjectTable.tsx";
import { VmLinks } from "../cluster/VmLinks.tsx";

export default function Nodes() {
  const { t, i18n } = useTranslation();
  const nodes = useLive<Node>(NODES);
  const vmis = useLive<VirtualMachineInstance>(VMIS);
  const rows = useMemo(() => summarizeNodes(nodes.items, vmis.items), [nodes.items, vmis.items]);
  return (
    <PageFrame title={t("Nodes")}>
      <LiveGate live={nodes} title={t("The nodes could not be read")}>
        <LiveGate live={vmis} title={t("The instances could not be read")}>
          <ObjectTable
            title={t("Nodes of the cluster")}
            columns={describe(t, i18n.language)}
            rows={rows}
            keyOf={(node) => node.name}
            textOf={(node) => `${node.name} ${node.roles.join(" ")} ${node.acceleration}`}
            search="q"
            none={t("The cluster has no nodes")}
          />
        </LiveGate>
      </LiveGate>
    </PageFrame>
  );
}

function describe(t: TFunction, language: string): readonly Column<NodeSummary>[] {
  const bytes = (value: number) => formatBytes(value, language);
  const number = (value: number) => formatNumber(value, language);
  return [
    { title: t("Name"), cell: (node) => node.name },
    { title: t("Status"), cell: (node) => <State node={node} /> },
    { title: t("Guests run with"), cell: (node) => nameAcceleration(node, t) },
    {
      title: t("CPUs"),
      cell: (node) => (
        <Share of={node.cpus} used={node.vmCpus} say={number} title={t("CPUs of VMs")} />
      ),
    },
    {
      title: t("Memory"),
      cell: (node) => (
        <Share
          of={node.memoryBytes}
          used={node.vmMemoryBytes}
          say={bytes}
          title={t("Memory of VMs")}
        />
      ),
    },
    { title: t("VMs"), cell: (node) => <VmLinks vms={node.vms} withNamespace /> },
  ];
}

function State({ node }: { readonly node: NodeSummary }) {
  const { t } = useTranslation();
  return (
    <LabelGroup aria-label={t("Status")} numLabels={6}>
      {node.ready ? (
        <Label status="success">{t("Ready")}</Label>
      ) : (
        <Label status="danger">{t("Not ready")}</Label>
      )}
      {!node.schedulable && <Label status="warning">{t("Takes no new pods")}</Label>}
      {!node.runsVms && <Label status="warning">{t("Runs no VMs")}</Label>}
      {node.roles.map((role) => (
        <Label key={role}>{role}</Label>
      ))}
    </LabelGroup>
  );
}

function nameAcceleration(node: NodeSummary, t: TFunction): string {
  if (node.acceleration === "kvm") return "KVM";
  return node.acceleration === "emulated" ? t("emulation, which is slow") : t("unknown");
}

interface ShareProps {
  readonly used: number;
  readonly of: number;
  readonly say: (value: number) => string;
  readonly title: string;
}

/** How much of what there is. VMs may have been given more CPUs than there are. */
function Share({ used, of, say, title }: ShareProps) {
  const { t } = useTranslation();
  const percent = of > 0 ? Math.round((100 * used) / of) : 0;
  const words = t("{{used}} of {{all}}", { used: say(used), all: say(of) });
  return (
    <div className="vp-share">
      <span>{words}</span>
      <Progress
        size="sm"
        value={Math.min(percent, 100)}
        valueText={words}
        measureLocation={ProgressMeasureLocation.none}
        aria-label={title}
        variant={percent > 100 ? "warning" : undefined}
      />
    </div>
  );
}
