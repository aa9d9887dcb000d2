/** What should be known at once: why the VM is as it is, and what waits for a restart. */
import { Alert } from "@patternfly/react-core";
import { Link } from "wouter";
import { vmPath } from "../../app/query.ts";
import {
  chooseStep,
  findPending,
  findWhy,
  type Machine,
  type NextStep,
  readStatus,
} from "../../model/machine.ts";
import { judgeStatus } from "../../model/status.ts";
import { useTranslation } from "../../text/hook.ts";

export function Notices({ machine }: { readonly machine: Machine }) {
  return (
    <div className="vp-vm-notices">
      <Why machine={machine} />
      <Pending machine={machine} />
    </div>
  );
}

function Why({ machine }: { readonly machine: Machine }) {
  const why = findWhy(machine);
  const step = chooseStep(machine);
  if (why === "") return null;
  const bad = judgeStatus(readStatus(machine)) === "bad";
  return (
    <Alert
      variant={bad ? "danger" : "info"}
      isInline
      component="h2"
      title={<span className="vp-words">{why}</span>}
    >
      {step !== undefined && (
        <p>
          <Step step={step} machine={machine} />
        </p>
      )}
    </Alert>
  );
}

/** Where to look, or what to press. */
function Step({ step, machine }: { readonly step: NextStep; readonly machine: Machine }) {
  const { t } = useTranslation();
  const tab = (name: string) => vmPath(machine.namespace, machine.name, name);
  switch (step) {
    case "start":
      return <>{t("“Actions” has “Start”.")}</>;
    case "log":
      return <Link href={tab("log")}>{t("See what the guest wrote last")}</Link>;
    case "events":
      return <Link href={tab("events")}>{t("See what has happened so far")}</Link>;
    case "yaml":
      return <Link href={tab("yaml")}>{t("Correct the definition")}</Link>;
    case "nodes":
      return <Link href="/nodes">{t("See what the nodes have left")}</Link>;
    case "storage":
      return <Link href="/storage">{t("See the storage")}</Link>;
  }
}

function Pending({ machine }: { readonly machine: Machine }) {
  const { t } = useTranslation();
  const pending = findPending(machine);
  if (pending === undefined) return null;
  return (
    <Alert variant="warning" isInline component="h2" title={t("Changes wait for a restart")}>
      <p className="vp-words">{pending.message}</p>
      <p>{t("“Actions” has “Restart”.")}</p>
    </Alert>
  );
}
