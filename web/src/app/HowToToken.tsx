/** Where to get a token from, with the commands to copy. */
import { ClipboardCopy, Content } from "@patternfly/react-core";
import { useTranslation } from "../text/hook.ts";

/** Commands are the same in all languages; capital words are to be replaced. */
const COMMANDS = {
  own: "kubectl config view --minify --flatten --raw",
  account: "kubectl create token NAME --namespace NAMESPACE --duration 8h",
  make: "kubectl create serviceaccount NAME --namespace NAMESPACE",
  allow:
    "kubectl create rolebinding NAME --namespace NAMESPACE --clusterrole kubevirt.io:edit --serviceaccount NAMESPACE:NAME",
};

export function HowToToken() {
  const { t } = useTranslation();
  return (
    <details className="vp-howto">
      <summary>{t("How to get a token")}</summary>
      <Content component="p">
        {t("A new service account that may create and use VMs in one namespace:")}
      </Content>
      <Command text={COMMANDS.make} />
      <Command text={COMMANDS.allow} />
      <Content component="p">{t("A token of a service account, valid for a working day:")}</Content>
      <Command text={COMMANDS.account} />
      <Content component="p">
        {t("Without a token: paste under “Kubeconfig” what this prints, if kubectl works for you.")}
      </Content>
      <Command text={COMMANDS.own} />
      <Content component="p">
        {t("What you see and may do here is what the token's owner may do.")}
      </Content>
    </details>
  );
}

function Command({ text }: { readonly text: string }) {
  const { t } = useTranslation();
  return (
    <ClipboardCopy
      isReadOnly
      isCode
      hoverTip={t("Copy")}
      clickTip={t("Copied")}
      copyAriaLabel={t("Copy")}
      textAriaLabel={t("Command")}
      dir="ltr"
    >
      {text}
    </ClipboardCopy>
  );
}
