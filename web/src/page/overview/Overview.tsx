/** How the VMs are, what needs somebody, what the nodes have left, and what happened last. */

import { useScope } from "../../app/scope.ts";
import { CreateButton } from "../../part/CreateButton.tsx";
import { Empty } from "../../part/Empty.tsx";
import { LiveGate } from "../../part/LiveGate.tsx";
import { PageFrame } from "../../part/PageFrame.tsx";
import { useTranslation } from "../../text/hook.ts";
import { useRows } from "../vms/useRows.ts";
import { Attention } from "./Attention.tsx";
import { Nodes } from "./Nodes.tsx";
import { RecentEvents } from "./RecentEvents.tsx";
import { Statuses } from "./Statuses.tsx";
import "./overview.css";

export default function Overview() {
  const { t } = useTranslation();
  const { namespace, everywhere } = useScope();
  const live = useRows(namespace);
  return (
    <PageFrame title={t("Overview")} actions={<CreateButton />}>
      <div className="vp-overview">
        <LiveGate live={live} title={t("The VMs could not be read")}>
          {live.rows.length === 0 ? (
            <div className="vp-section-wide">
              <Empty title={t("There are no VMs here yet")}>
                {namespace === undefined
                  ? t("Create the first one, or apply a manifest with kubectl.")
                  : t("Namespace {{namespace}} has none.", { namespace })}
              </Empty>
            </div>
          ) : (
            <>
              <Statuses rows={live.rows} />
              <Attention rows={live.rows} />
            </>
          )}
        </LiveGate>
        <Nodes namespace={everywhere === true ? undefined : namespace} />
        <RecentEvents namespace={namespace} isLarge={live.rows.length > 2000} />
      </div>
    </PageFrame>
  );
}
