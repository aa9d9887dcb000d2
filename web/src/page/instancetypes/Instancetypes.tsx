/** Instance types and preferences, of the cluster and of namespaces, and the VMs made of them. */
import type { TFunction } from "i18next";
import { useMemo } from "react";
import { useNamespace } from "../../app/query.ts";
import type { KubeObject, Resource } from "../../data/api.ts";
import { type Live, useLive } from "../../data/live.ts";
import {
  CLUSTER_INSTANCETYPES,
  CLUSTER_PREFERENCES,
  INSTANCETYPES,
  PREFERENCES,
} from "../../data/resources.ts";
import { keyOf, mapInstancetypes, mapPreferences, type Place } from "../../model/cluster.ts";
import type { Instancetype, Preference, Quantity } from "../../model/kubevirt.ts";
import { formatBytes, formatNumber, parseQuantity } from "../../model/quantity.ts";
import { LiveGate } from "../../part/LiveGate.tsx";
import { PageFrame } from "../../part/PageFrame.tsx";
import { useTranslation } from "../../text/hook.ts";
import { type Column, ObjectTable } from "../cluster/ObjectTable.tsx";
import { useUsers } from "../cluster/useUsers.ts";
import { VmLinks } from "../cluster/VmLinks.tsx";

const DISPLAY_NAME = "openshift.io/display-name";

export default function Instancetypes() {
  const { t, i18n } = useTranslation();
  const namespace = useNamespace();
  const { users, vms } = useUsers(namespace);
  const types = useBoth<Instancetype>(CLUSTER_INSTANCETYPES, INSTANCETYPES, namespace);
  const preferences = useBoth<Preference>(CLUSTER_PREFERENCES, PREFERENCES, namespace);
  const madeOf = useMemo(() => mapInstancetypes(users), [users]);
  const preferring = useMemo(() => mapPreferences(users), [users]);
  const number = (value: number | undefined) => formatNumber(value ?? Number.NaN, i18n.language);
  const size = (value: Quantity | undefined) => formatBytes(parseQuantity(value), i18n.language);
  return (
    <PageFrame title={t("Instance types")}>
      <LiveGate live={types} title={t("The instance types could not be read")}>
        <LiveGate live={vms} title={t("The VMs could not be read")}>
          <ObjectTable
            title={t("Instance types")}
            columns={[
              ...describe<Instancetype>(t),
              { title: t("CPUs"), cell: (each) => number(each.spec.cpu?.guest) },
              { title: t("Memory"), cell: (each) => size(each.spec.memory?.guest) },
              { title: t("Used by"), cell: (each) => <Users of={each} by={madeOf} /> },
            ]}
            rows={types.items}
            keyOf={keyOfObject}
            textOf={textOf}
            search="q"
            none={t("No instance types")}
          />
        </LiveGate>
      </LiveGate>
      <LiveGate live={preferences} title={t("The preferences could not be read")}>
        <ObjectTable
          title={t("Preferences")}
          columns={[
            ...describe<Preference>(t),
            { title: t("For"), cell: (each) => each.metadata.annotations?.[DISPLAY_NAME] },
            { title: t("Needs CPUs"), cell: (each) => number(each.spec.requirements?.cpu?.guest) },
            {
              title: t("Needs memory"),
              cell: (each) => size(each.spec.requirements?.memory?.guest),
            },
            { title: t("Used by"), cell: (each) => <Users of={each} by={preferring} /> },
          ]}
          rows={preferences.items}
          keyOf={keyOfObject}
          textOf={textOf}
          search="preference"
          none={t("No preferences")}
        />
      </LiveGate>
    </PageFrame>
  );
}

function describe<T extends KubeObject>(t: TFunction): readonly Column<T>[] {
  return [
    { title: t("Name"), cell: ({ metadata }) => metadata.name },
    { title: t("Namespace"), cell: ({ metadata }) => metadata.namespace ?? t("all") },
  ];
}

interface UsersProps {
  readonly of: KubeObject;
  readonly by: ReadonlyMap<string, readonly Place[]>;
}

function Users({ of, by }: UsersProps) {
  return <VmLinks vms={by.get(keyOfObject(of)) ?? []} withNamespace />;
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyOf(metadata.namespace ?? "", metadata.name);
}

function textOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""} ${metadata.name} ${metadata.annotations?.[DISPLAY_NAME] ?? ""}`;
}

/** The cluster's and the namespaces' of a kind as one; what may be read is shown. */
function useBoth<T extends KubeObject>(
  cluster: Resource,
  namespaced: Resource,
  namespace: string | undefined,
): Live<T> {
  const wide = useLive<T>(cluster);
  const near = useLive<T>(namespaced, { namespace });
  const items = useMemo(() => [...wide.items, ...near.items], [wide.items, near.items]);
  const worse = wide.state === "live" || wide.state === "stale" ? near : wide;
  if (worse.state === "refused" && items.length > 0) return { state: "live", items };
  return { ...worse, items };
}
