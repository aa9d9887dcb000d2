/** A console alone, in a window of its own. */
import { Title } from "@patternfly/react-core";
import { useEffect } from "react";
import { Link, useParams } from "wouter";
import { vmPath } from "../../app/query.ts";
import { useTranslation } from "../../text/hook.ts";
import { LateGraphicalConsole, LateSerialConsole } from "./console/LateConsole.tsx";
import { consolePath } from "./console/openWindow.ts";
import "./console/console.css";

export default function ConsoleWindow() {
  const { t } = useTranslation();
  const { kind, namespace = "", name = "" } = useParams();
  const serial = kind !== "vnc";
  const target = { namespace, name };
  const title = serial
    ? t("Serial console of {{name}}", { name })
    : t("Screen of {{name}}", { name });
  useEffect(() => {
    document.title = `${title} · ${namespace}`;
  }, [title, namespace]);
  const Shown = serial ? LateSerialConsole : LateGraphicalConsole;
  return (
    <main className="vp-console-window">
      <header>
        <Title headingLevel="h1" size="lg" className="vp-words">
          {title}
        </Title>
        <Link href={vmPath(namespace, name)}>{t("Details")}</Link>
        <Link href={consolePath(serial ? "vnc" : "serial", target)}>
          {serial ? t("Screen") : t("Serial console")}
        </Link>
      </header>
      <Shown key={`${namespace}/${name}`} namespace={namespace} name={name} alone />
    </main>
  );
}
