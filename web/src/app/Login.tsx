/** Lets somebody in: by token, by kubeconfig, or at the cluster's own login page. */
import { Alert, Button, Tab, Tabs, TabTitleText, Title } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { useEffect, useState } from "react";
import { ApiError } from "../data/api.ts";
import type { Connection, LoginDoor, LoginMethods } from "../data/door.ts";
import { keepPlace } from "../data/place.ts";
import { useTranslation } from "../text/hook.ts";
import { HowToToken } from "./HowToToken.tsx";
import { KubeconfigForm, TokenForm } from "./LoginForms.tsx";
import { Settings } from "./UserMenu.tsx";

export interface LoginProps {
  readonly door: LoginDoor;
  /** Why the session before this has ended; undefined when there was none, or it was left. */
  readonly lost?: string;
  readonly onOpen: (connection: Connection) => void;
}

export default function Login({ door, lost, onOpen }: LoginProps) {
  const { t } = useTranslation();
  const { methods, failure } = useMethods(door);
  const [kind, setKind] = useState<string | number>("token");
  useEffect(() => {
    document.title = `${t("Log in")} · virtpod`;
  }, [t]);
  const cluster = methods?.cluster ?? "";
  return (
    <main className="vp-alone vp-login">
      <p className="vp-brand">
        <strong>virtpod</strong>
      </p>
      <Title headingLevel="h1" className="vp-words">
        {cluster === "" ? t("Log in") : t("Log in to {{cluster}}", { cluster })}
      </Title>
      {lost !== undefined && <Lost why={lost} />}
      {failure !== undefined && (
        <Alert variant="warning" isInline component="p" title={t("The cluster cannot be reached.")}>
          <p className="vp-words">{failure.message}</p>
        </Alert>
      )}
      <OidcButton methods={methods} />
      <Tabs
        activeKey={kind}
        onSelect={(_, key) => setKind(key)}
        aria-label={t("Ways to log in")}
        mountOnEnter
      >
        <Tab eventKey="token" title={<TabTitleText>{t("Token")}</TabTitleText>}>
          <TokenForm onSend={(text) => door.withToken(text).then(onOpen)} />
          <HowToToken />
        </Tab>
        <Tab eventKey="kubeconfig" title={<TabTitleText>{t("Kubeconfig")}</TabTitleText>}>
          <KubeconfigForm onSend={(text) => door.withKubeconfig(text).then(onOpen)} />
        </Tab>
      </Tabs>
      <details className="vp-login-settings">
        <summary>{t("Theme and language")}</summary>
        <Settings />
      </details>
    </main>
  );
}

function Lost({ why }: { readonly why: string }) {
  const { t } = useTranslation();
  return (
    <Alert variant="info" isInline component="p" title={t("The session has ended.")} role="status">
      <p className="vp-words">{why}</p>
      <p>{t("Log in again, and you are where you were.")}</p>
    </Alert>
  );
}

/** A page elsewhere: only addresses that a browser may be sent to. */
function OidcButton({ methods }: { readonly methods: LoginMethods | undefined }) {
  const { t } = useTranslation();
  const oidc = methods?.oidc ?? null;
  if (oidc === null) return null;
  const url = new URL(oidc.url, document.baseURI);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  return (
    <div className="vp-login-oidc">
      <Button isBlock onClick={() => goOff(url)}>
        {t("Log in with {{name}}", { name: oidc.label })}
      </Button>
      <p className="vp-dim">{t("or")}</p>
    </div>
  );
}

function goOff(url: URL): void {
  keepPlace();
  location.assign(url.href);
}

function useMethods(door: LoginDoor) {
  const [methods, setMethods] = useState<LoginMethods>();
  const [failure, setFailure] = useState<Error>();
  useEffect(() => {
    let isHere = true;
    door.methods().then(
      (found) => isHere && setMethods(found),
      (error: Error) => isHere && setFailure(error),
    );
    return () => {
      isHere = false;
    };
  }, [door]);
  return { methods, failure };
}

/** Why nobody was let in, in words. */
export function nameLoginRefusal(error: Error, t: TFunction): string {
  switch (error instanceof ApiError ? error.code : -1) {
    case 0:
      return t("The cluster cannot be reached.");
    case 400:
      return t("This was not understood.");
    case 401:
      return t("The cluster does not accept this.");
    case 403:
      return t("The cluster knows you, but does not let you in.");
    case 429:
      return t("Too many attempts. Wait a minute, and try again.");
    default:
      return t("Logging in failed.");
  }
}
