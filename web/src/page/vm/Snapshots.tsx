/** The VM's snapshots, where the API has them. */
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useMemo } from "react";
import { useLive } from "../../data/live.ts";
import { SNAPSHOTS } from "../../data/resources.ts";
import { explainSnapshot, listSnapshots } from "../../model/history.ts";
import type { VirtualMachineSnapshot } from "../../model/kubevirt.ts";
import { Empty } from "../../part/Empty.tsx";
import { LiveGate } from "../../part/LiveGate.tsx";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";
import type { MachineProps } from "./Overview.tsx";

export default function Snapshots({ machine: { namespace, name } }: MachineProps) {
  const { t } = useTranslation();
  const live = useLive<VirtualMachineSnapshot>(SNAPSHOTS, { namespace });
  const own = useMemo(() => listSnapshots(live.items, name), [live.items, name]);
  return (
    <LiveGate live={live} title={t("The snapshots cannot be shown.")}>
      {own.length === 0 ? (
        <Empty title={t("There are no snapshots of this virtual machine")} />
      ) : (
        <Table aria-label={t("Snapshots")} variant="compact">
          <Thead>
            <Tr>
              <Th>{t("Name")}</Th>
              <Th>{t("Status")}</Th>
              <Th>{t("Taken")}</Th>
              <Th>{t("Can be used")}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {own.map((each) => (
              <Row key={each.metadata.uid ?? each.metadata.name} snapshot={each} />
            ))}
          </Tbody>
        </Table>
      )}
    </LiveGate>
  );
}

function Row({ snapshot }: { readonly snapshot: VirtualMachineSnapshot }) {
  const { t } = useTranslation();
  const { metadata, status } = snapshot;
  const trouble = explainSnapshot(snapshot);
  return (
    <Tr>
      <Td dataLabel={t("Name")} modifier="breakWord">
        {metadata.name}
      </Td>
      <Td dataLabel={t("Status")}>
        {status?.phase ? <StatusLabel word={status.phase} /> : t("not told yet")}
        {trouble !== "" && <p className="vp-words">{trouble}</p>}
      </Td>
      <Td dataLabel={t("Taken")}>
        <When time={status?.creationTime ?? metadata.creationTimestamp} />
      </Td>
      <Td dataLabel={t("Can be used")}>{status?.readyToUse ? t("yes") : t("no")}</Td>
    </Tr>
  );
}
