/** Volumes: claims with the VMs that use them, what fills them, and the classes they come from. */
import type { TFunction } from "i18next";
import { useMemo } from "react";
import { useNamespace } from "../../app/query.ts";
import { useLive } from "../../data/live.ts";
import { CLAIMS, DATA_VOLUMES, STORAGE_CLASSES } from "../../data/resources.ts";
import { type ClaimSummary, isDefaultClass, keyOf, summarizeClaims } from "../../model/cluster.ts";
import type { Claim, DataVolume, StorageClass } from "../../model/kubevirt.ts";
import { formatBytes } from "../../model/quantity.ts";
import { LiveGate } from "../../part/LiveGate.tsx";
import { PageFrame } from "../../part/PageFrame.tsx";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";
import { type Column, ObjectTable } from "../cluster/ObjectTable.tsx";
import { useUsers } from "../cluster/useUsers.ts";
import { VmLinks } from "../cluster/VmLinks.tsx";

export default function Storage() {
  const { t, i18n } = useTranslation();
  const namespace = useNamespace();
  const claims = useLive<Claim>(CLAIMS, { namespace });
  // Where CDI is not installed there are none, and nothing is missing.
  const dataVolumes = useLive<DataVolume>(DATA_VOLUMES, { namespace });
  const { users, vms } = useUsers(namespace);
  const rows = useMemo(
    () => summarizeClaims(claims.items, dataVolumes.items, users),
    [claims.items, dataVolumes.items, users],
  );
  return (
    <PageFrame title={t("Storage")}>
      <LiveGate live={claims} title={t("The claims could not be read")}>
        <LiveGate live={vms} title={t("The VMs could not be read")}>
          <ObjectTable
            title={t("Persistent volume claims")}
            columns={describeClaims(t, i18n.language, namespace === undefined)}
            rows={rows}
            keyOf={(claim) => keyOf(claim.namespace, claim.name)}
            textOf={(claim) => `${claim.namespace} ${claim.name} ${claim.storageClass}`}
            search="q"
            none={t("No claims here")}
          />
        </LiveGate>
      </LiveGate>
      <Classes />
    </PageFrame>
  );
}

function describeClaims(
  t: TFunction,
  language: string,
  withNamespace: boolean,
): readonly Column<ClaimSummary>[] {
  const namespace = { title: t("Namespace"), cell: (claim: ClaimSummary) => claim.namespace };
  return [
    { title: t("Name"), cell: (claim) => claim.name },
    ...(withNamespace ? [namespace] : []),
    { title: t("Status"), cell: (claim) => <StatusLabel word={claim.phase} /> },
    { title: t("Size"), cell: (claim) => formatBytes(claim.bytes, language) },
    { title: t("Class"), cell: (claim) => claim.storageClass },
    {
      title: t("Access"),
      cell: (claim) => [...claim.accessModes, claim.volumeMode].join(", "),
    },
    { title: t("Filled by CDI"), cell: (claim) => claim.filling },
    { title: t("Used by"), cell: (claim) => <VmLinks vms={claim.users} /> },
  ];
}

function Classes() {
  const { t } = useTranslation();
  const classes = useLive<StorageClass>(STORAGE_CLASSES);
  return (
    <LiveGate live={classes} title={t("The storage classes could not be read")}>
      <ObjectTable
        title={t("Storage classes")}
        columns={[
          {
            title: t("Name"),
            cell: (each) =>
              isDefaultClass(each.metadata.annotations)
                ? t("{{name}} (default)", { name: each.metadata.name })
                : each.metadata.name,
          },
          { title: t("Provisioner"), cell: (each) => each.provisioner },
          { title: t("When released"), cell: (each) => each.reclaimPolicy },
          { title: t("Binding"), cell: (each) => each.volumeBindingMode },
          {
            title: t("Can grow"),
            cell: (each) => (each.allowVolumeExpansion === true ? t("yes") : t("no")),
          },
          { title: t("Age"), cell: (each) => <When time={each.metadata.creationTimestamp} /> },
        ]}
        rows={classes.items}
        keyOf={(each) => each.metadata.name}
        textOf={(each) => `${each.metadata.name} ${each.provisioner}`}
        search="class"
        none={t("No storage classes")}
      />
    </LiveGate>
  );
}
