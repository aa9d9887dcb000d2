/** What happened to VMs last. */
import WarningIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import InfoIcon from "@patternfly/react-icons/dist/esm/icons/info-circle-icon";
import { useMemo } from "react";
import { Link } from "wouter";
import { vmPath } from "../../app/query.ts";
import { type Live, useLive } from "../../data/live.ts";
import { EVENTS } from "../../data/resources.ts";
import type { KubeEvent } from "../../model/core.ts";
import { countEvent, findEventTime, listNewest } from "../../model/event.ts";
import { LiveGate } from "../../part/LiveGate.tsx";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Section } from "./Section.tsx";

const MOST = 12;

export interface RecentEventsProps {
  readonly namespace: string | undefined;
  /** With thousands of VMs only the warnings are read. */
  readonly isLarge: boolean;
}

export function RecentEvents({ namespace, isLarge }: RecentEventsProps) {
  const { t } = useTranslation();
  const vms = useEvents("VirtualMachine", namespace, isLarge);
  const vmis = useEvents("VirtualMachineInstance", namespace, isLarge);
  const events = useMemo(
    () => listNewest([...vms.items, ...vmis.items], MOST),
    [vms.items, vmis.items],
  );
  return (
    <Section title={isLarge ? t("Recent warnings") : t("Recent events")}>
      <LiveGate live={vms.state === "live" ? vmis : vms} title={t("The events could not be read")}>
        {events.length === 0 ? (
          <p>{t("Nothing has happened in the last hour.")}</p>
        ) : (
          <ol className="vp-events">
            {events.map((event) => (
              <Item key={event.metadata.uid ?? event.metadata.name} event={event} />
            ))}
          </ol>
        )}
      </LiveGate>
    </Section>
  );
}

function useEvents(kind: string, namespace: string | undefined, isLarge: boolean): Live<KubeEvent> {
  const only = `involvedObject.kind=${kind}`;
  return useLive<KubeEvent>(EVENTS, {
    namespace,
    fieldSelector: isLarge ? `${only},type=Warning` : only,
  });
}

function Item({ event }: { readonly event: KubeEvent }) {
  const { t } = useTranslation();
  const { involvedObject, reason, message, type } = event;
  const { namespace = "", name = "" } = involvedObject;
  const isWarning = type === "Warning";
  const times = countEvent(event);
  return (
    <li className="vp-event">
      <span
        className={isWarning ? "vp-warn" : "vp-dim"}
        role="img"
        aria-label={isWarning ? t("Warning") : t("Normal")}
      >
        {isWarning ? <WarningIcon /> : <InfoIcon />}
      </span>
      <div>
        <p>
          <Link href={vmPath(namespace, name)} className="vp-words">
            {name}
          </Link>{" "}
          <span className="vp-dim">
            {namespace} · <When time={findEventTime(event)} /> · {reason}
            {times > 1 && <> · {t("{{count}} times", { count: times })}</>}
          </span>
        </p>
        <p className="vp-words" dir="auto">
          {message}
        </p>
      </div>
    </li>
  );
}
