/** What happened to the VM, its instance and its pod, as it happens. */
import { Label } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useMemo } from "react";
import { useLive } from "../../data/live.ts";
import { EVENTS } from "../../data/resources.ts";
import { countEvent, findEventTime, listNewest } from "../../model/event.ts";
import type { KubeEvent } from "../../model/kubevirt.ts";
import { Empty } from "../../part/Empty.tsx";
import { LiveGate } from "../../part/LiveGate.tsx";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";
import type { MachineProps } from "./Overview.tsx";

const MOST = 500;

export function Events({ machine: { namespace, name } }: MachineProps) {
  const { t } = useTranslation();
  const fieldSelector = `involvedObject.name=${name}`;
  const live = useLive<KubeEvent>(EVENTS, { namespace, fieldSelector });
  const events = useMemo(() => listNewest(live.items, MOST), [live.items]);
  return (
    <LiveGate live={live} title={t("The events cannot be shown.")}>
      {events.length === 0 ? (
        <Empty title={t("Nothing has happened in the last hour")}>
          {t("Kubernetes keeps events for about an hour.")}
        </Empty>
      ) : (
        <Table aria-label={t("Events, the newest first")} variant="compact">
          <Thead>
            <Tr>
              <Th width={10} modifier="wrap">
                {t("When")}
              </Th>
              <Th width={10} modifier="wrap">
                {t("Kind")}
              </Th>
              <Th width={20} modifier="wrap">
                {t("Reason")}
              </Th>
              <Th>{t("Message")}</Th>
              <Th width={15} modifier="wrap">
                {t("About")}
              </Th>
              <Th width={10} modifier="wrap">
                {t("Count")}
              </Th>
            </Tr>
          </Thead>
          <Tbody>
            {events.map((each) => (
              <Row key={each.metadata.uid ?? each.metadata.name} event={each} />
            ))}
          </Tbody>
        </Table>
      )}
    </LiveGate>
  );
}

function Row({ event }: { readonly event: KubeEvent }) {
  const { t, i18n } = useTranslation();
  const { type, reason, message, involvedObject } = event;
  return (
    <Tr>
      <Td dataLabel={t("When")} modifier="nowrap">
        <When time={findEventTime(event)} />
      </Td>
      <Td dataLabel={t("Kind")}>
        {type === "Warning" ? (
          <Label status="warning">{t("Warning")}</Label>
        ) : (
          <Label status="info">{t("Normal")}</Label>
        )}
      </Td>
      <Td dataLabel={t("Reason")} modifier="breakWord">
        {reason}
      </Td>
      <Td dataLabel={t("Message")} modifier="breakWord">
        <span className="vp-words">{message}</span>
      </Td>
      <Td dataLabel={t("About")}>{involvedObject.kind}</Td>
      <Td dataLabel={t("Count")}>
        {new Intl.NumberFormat(i18n.language).format(countEvent(event))}
      </Td>
    </Tr>
  );
}
