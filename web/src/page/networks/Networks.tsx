/** Networks: the pods' own, and the attachments that a cluster with Multus has. */
import { Alert } from "@patternfly/react-core";
import { useMemo } from "react";
import { useNamespace } from "../../app/query.ts";
import { useLive } from "../../data/live.ts";
import { NETWORK_ATTACHMENTS } from "../../data/resources.ts";
import { byPlace, keyOf, mapNetworks, type Place, readCniType } from "../../model/cluster.ts";
import type { NetworkAttachment } from "../../model/kubevirt.ts";
import { LiveGate } from "../../part/LiveGate.tsx";
import { PageFrame } from "../../part/PageFrame.tsx";
import { useTranslation } from "../../text/hook.ts";
import { ObjectTable } from "../cluster/ObjectTable.tsx";
import { useUsers } from "../cluster/useUsers.ts";
import { VmLinks } from "../cluster/VmLinks.tsx";

interface Row {
  readonly key: string;
  readonly name: string;
  readonly namespace: string;
  readonly type: string;
  readonly vms: readonly Place[];
}

export default function Networks() {
  const { t } = useTranslation();
  const namespace = useNamespace();
  const attachments = useLive<NetworkAttachment>(NETWORK_ATTACHMENTS, { namespace });
  const { users, vms } = useUsers(namespace);
  const rows = useMemo((): readonly Row[] => {
    const used = mapNetworks(users);
    const name = t("Pod network");
    const pod = { key: "pod", name, namespace: "", type: "", vms: used.get("pod") ?? [] };
    const others = [...attachments.items].sort(byPlace).map((each) => {
      const key = keyOf(each.metadata.namespace ?? "", each.metadata.name);
      return {
        key,
        name: each.metadata.name,
        namespace: each.metadata.namespace ?? "",
        type: readCniType(each.spec?.config),
        vms: used.get(key) ?? [],
      };
    });
    return [pod, ...others];
  }, [attachments.items, users, t]);
  const missing = attachments.state === "refused" && attachments.error?.code === 404;
  return (
    <PageFrame title={t("Networks")}>
      <LiveGate live={vms} title={t("The VMs could not be read")}>
        <ObjectTable
          title={t("Networks that VMs can be on")}
          columns={[
            { title: t("Name"), cell: (row) => row.name },
            { title: t("Namespace"), cell: (row) => row.namespace || t("all") },
            { title: t("Plugin"), cell: (row) => row.type || t("the cluster's own") },
            { title: t("Used by"), cell: (row) => <VmLinks vms={row.vms} withNamespace /> },
          ]}
          rows={rows}
          keyOf={(row) => row.key}
          textOf={(row) => `${row.namespace} ${row.name} ${row.type}`}
          search="q"
          none={t("No networks")}
        />
      </LiveGate>
      {missing && (
        <Alert
          variant="info"
          isInline
          isPlain
          component="p"
          title={t("This cluster has no network attachments: Multus is not installed.")}
        />
      )}
      {!missing && attachments.error !== undefined && (
        <LiveGate live={attachments} title={t("The network attachments could not be read")}>
          {null}
        </LiveGate>
      )}
    </PageFrame>
  );
}
