/** One VM, or one instance that belongs to none: what it is, how it is, and what can be done. */
import { Button } from "@patternfly/react-core";
import { Link, useParams } from "wouter";
import { vmPath } from "../../app/query.ts";
import { isRunning, type Machine, readStatus, toSubject } from "../../model/machine.ts";
import { Empty } from "../../part/Empty.tsx";
import { LiveGate } from "../../part/LiveGate.tsx";
import { PageFrame } from "../../part/PageFrame.tsx";
import { PowerMenu } from "../../part/PowerMenu.tsx";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { WishNote } from "../../part/WishNote.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Notices } from "./Notices.tsx";
import { useLeaving } from "./useLeaving.ts";
import { useMachine } from "./useMachine.ts";
import { VmTabs } from "./VmTabs.tsx";
import "./vm.css";

export default function Vm() {
  const { t } = useTranslation();
  const { namespace = "", name = "", tab } = useParams();
  const found = useMachine(namespace, name);
  const { live, machine } = found;
  const gone = useLeaving(found, namespace, name);
  return (
    <PageFrame
      title={name}
      breadcrumb={[{ label: t("Virtual machines"), href: "/vms" }]}
      mark={machine && <Mark machine={machine} />}
      actions={machine && <Actions machine={machine} />}
    >
      <LiveGate live={live} title={t("The virtual machine cannot be shown.")}>
        {machine === undefined ? (
          <Empty
            title={
              gone
                ? t("The virtual machine {{name}} in {{namespace}} was deleted", {
                    name,
                    namespace,
                  })
                : t("There is no virtual machine {{name}} in {{namespace}}", { name, namespace })
            }
          >
            <Link href="/vms">{t("All virtual machines")}</Link>
          </Empty>
        ) : (
          <>
            <Notices machine={machine} />
            <VmTabs machine={machine} tab={tab ?? "overview"} />
          </>
        )}
      </LiveGate>
    </PageFrame>
  );
}

function Mark({ machine }: { readonly machine: Machine }) {
  const status = readStatus(machine);
  return (
    <span className="vp-vm-mark" role="status">
      {status !== "" && <StatusLabel word={status} />}
      <WishNote subject={toSubject(machine)} />
    </span>
  );
}

function Actions({ machine }: { readonly machine: Machine }) {
  const { t } = useTranslation();
  const { namespace, name } = machine;
  return (
    <>
      {isRunning(machine) && (
        <>
          <LinkButton href={vmPath(namespace, name, "screen")}>{t("Open the screen")}</LinkButton>
          <LinkButton href={vmPath(namespace, name, "console")}>{t("Open the console")}</LinkButton>
        </>
      )}
      <PowerMenu subject={toSubject(machine)} label={t("Actions")} />
    </>
  );
}

function LinkButton({ href, children }: { readonly href: string; readonly children: string }) {
  return (
    <Button variant="secondary" component={(props) => <Link {...props} href={href} />}>
      {children}
    </Button>
  );
}
