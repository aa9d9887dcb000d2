/** The VM's moves between nodes, where the API has them. */
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useMemo } from "react";
import { useLive } from "../../data/live.ts";
import { MIGRATIONS } from "../../data/resources.ts";
import { explainMigration, listMigrations, readPhase } from "../../model/history.ts";
import type { VirtualMachineInstanceMigration } from "../../model/kubevirt.ts";
import { Empty } from "../../part/Empty.tsx";
import { LiveGate } from "../../part/LiveGate.tsx";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";
import type { MachineProps } from "./Overview.tsx";

export default function Migrations({ machine: { namespace, name } }: MachineProps) {
  const { t } = useTranslation();
  const live = useLive<VirtualMachineInstanceMigration>(MIGRATIONS, { namespace });
  const own = useMemo(() => listMigrations(live.items, name), [live.items, name]);
  return (
    <LiveGate live={live} title={t("The migrations cannot be shown.")}>
      {own.length === 0 ? (
        <Empty title={t("This virtual machine has not moved yet")} />
      ) : (
        <Table aria-label={t("Migrations")} variant="compact">
          <Thead>
            <Tr>
              <Th>{t("Name")}</Th>
              <Th>{t("Status")}</Th>
              <Th>{t("From node")}</Th>
              <Th>{t("To node")}</Th>
              <Th>{t("Started")}</Th>
              <Th>{t("Ended")}</Th>
            </Tr>
          </Thead>
          <Tbody>
            {own.map((each) => (
              <Row key={each.metadata.uid ?? each.metadata.name} migration={each} />
            ))}
          </Tbody>
        </Table>
      )}
    </LiveGate>
  );
}

function Row({ migration }: { readonly migration: VirtualMachineInstanceMigration }) {
  const { t } = useTranslation();
  const { metadata, status } = migration;
  const state = status?.migrationState;
  const phase = readPhase(migration);
  const trouble = explainMigration(migration);
  return (
    <Tr>
      <Td dataLabel={t("Name")} modifier="breakWord">
        {metadata.name}
      </Td>
      <Td dataLabel={t("Status")}>
        {phase === "" ? t("not told yet") : <StatusLabel word={phase} />}
        {trouble !== "" && <p className="vp-words">{trouble}</p>}
      </Td>
      <Td dataLabel={t("From node")}>{state?.sourceNode ?? "–"}</Td>
      <Td dataLabel={t("To node")}>{state?.targetNode ?? "–"}</Td>
      <Td dataLabel={t("Started")}>
        <When time={state?.startTimestamp ?? metadata.creationTimestamp} />
      </Td>
      <Td dataLabel={t("Ended")}>
        {state?.endTimestamp ? <When time={state.endTimestamp} /> : "–"}
      </Td>
    </Tr>
  );
}
