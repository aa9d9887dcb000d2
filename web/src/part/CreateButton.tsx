/** Leads to the page that creates a VM; says why not, where the user may not. */
import { Button, Tooltip } from "@patternfly/react-core";
import { Link } from "wouter";
import { useNamespace } from "../app/query.ts";
import { useSession } from "../data/context.tsx";
import { VMS } from "../data/resources.ts";
import { useRights } from "../data/rights.ts";
import { useTranslation } from "../text/hook.ts";

export function CreateButton() {
  const { t } = useTranslation();
  const namespace = useNamespace();
  const home = useSession().namespace;
  // Who looks at all namespaces may create in one of them: their own is the likely one.
  const rights = useRights([
    { verb: "create", resource: VMS, namespace },
    { verb: "create", resource: VMS, namespace: namespace ?? home },
  ]);
  if (rights.every(({ state }) => state === "denied")) {
    return (
      <Tooltip content={rights[1]?.reason || t("Your rights do not allow to create VMs here.")}>
        <Button isAriaDisabled>{t("Create")}</Button>
      </Tooltip>
    );
  }
  return (
    <Button component={(props) => <Link {...props} href="/vms/create" />}>{t("Create")}</Button>
  );
}
