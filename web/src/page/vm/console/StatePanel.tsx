/** Why there is no console to be seen, and what one can do about it. */
import {
  Alert,
  Button,
  EmptyState,
  EmptyStateBody,
  EmptyStateFooter,
  Spinner,
} from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { type ReactNode, useEffect, useState } from "react";
import type { ConsoleKind, ConsoleState } from "../../../model/console.ts";
import { joinMachine, toSubject } from "../../../model/machine.ts";
import type { Subject, Verb } from "../../../model/power.ts";
import { nameVerb } from "../../../part/powerText.ts";
import { useChoices, usePower } from "../../../part/usePower.ts";
import { useTranslation } from "../../../text/hook.ts";
import type { ConsoleHold } from "./useConsole.ts";

export interface StatePanelProps {
  readonly kind: ConsoleKind;
  readonly hold: ConsoleHold;
  /** Above what can still be read, instead of in its place. */
  readonly inline?: boolean;
}

export function StatePanel({ kind, hold, inline = false }: StatePanelProps) {
  const { t } = useTranslation();
  const { state, reason, until } = hold.view;
  const body = (
    <>
      <p>{explain(state, kind, t)}</p>
      {reason !== "" && <p className="vp-words">{reason}</p>}
      {until !== null && <Countdown until={until} />}
    </>
  );
  const deeds = <Deeds hold={hold} />;
  if (inline) {
    return (
      <Alert
        isInline
        component="p"
        variant={state === "refused" ? "danger" : "info"}
        title={title(state, kind, t)}
        className="vp-console-note"
        actionLinks={deeds}
      >
        {body}
      </Alert>
    );
  }
  const busy = state === "loading" || state === "connecting" || state === "starting";
  return (
    <EmptyState
      className="vp-console-panel"
      variant="sm"
      headingLevel="h2"
      titleText={title(state, kind, t)}
      icon={busy ? Waiting : undefined}
    >
      <EmptyStateBody>{body}</EmptyStateBody>
      <EmptyStateFooter>{deeds}</EmptyStateFooter>
    </EmptyState>
  );
}

const Waiting = () => <Spinner size="lg" aria-hidden />;

/** Buttons for what helps. */
function Deeds({ hold }: { readonly hold: ConsoleHold }): ReactNode {
  const { t } = useTranslation();
  const { state, until } = hold.view;
  if (state === "stopped" || state === "paused") {
    const machine = joinMachine(hold.vm, hold.vmi);
    const verb = state === "paused" ? "unpause" : "start";
    return machine === undefined ? null : <Deed verb={verb} subject={toSubject(machine)} />;
  }
  const again = state === "taken" || state === "refused" || state === "no-device";
  if (until === null && !again) return null;
  return (
    <Button variant="secondary" onClick={hold.reconnect}>
      {state === "taken" ? t("Share it again") : t("Reconnect now")}
    </Button>
  );
}

function Deed({ verb, subject }: { readonly verb: Verb; readonly subject: Subject }) {
  const { t } = useTranslation();
  const power = usePower();
  const choice = useChoices(subject).find((each) => each.verb === verb);
  if (choice === undefined) return null;
  return (
    <>
      <Button variant="primary" isDisabled={!choice.enabled} onClick={() => power(verb, [subject])}>
        {nameVerb(verb, t)}
      </Button>
      {!choice.enabled && <p className="vp-words">{choice.note}</p>}
    </>
  );
}

/** Seconds until the next try. No live region: nobody wants them read out. */
function Countdown({ until }: { readonly until: number }) {
  const { t } = useTranslation();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const count = Math.max(1, Math.ceil((until - now) / 1000));
  return <p aria-live="off">{t("Next try in {{count}} seconds.", { count })}</p>;
}

function title(state: ConsoleState, kind: ConsoleKind, t: TFunction): string {
  switch (state) {
    case "loading":
      return t("Loading");
    case "connecting":
    case "running":
      return t("Connecting");
    case "starting":
      return t("The VM is starting");
    case "stopped":
      return t("The VM does not run");
    case "paused":
      return t("The VM is paused");
    case "no-device":
      return kind === "serial"
        ? t("This VM has no serial console")
        : t("This VM has no graphics card");
    case "lost":
      return t("The connection was lost");
    case "busy":
      return t("The console is busy");
    case "taken":
      return t("Somebody uses the console alone");
    case "refused":
      return t("You may not use this console");
  }
}

function explain(state: ConsoleState, kind: ConsoleKind, t: TFunction): string {
  switch (state) {
    case "starting":
      return t("The console appears here as soon as the VM runs.");
    case "stopped":
      return t("The console appears here as soon as somebody starts the VM.");
    case "paused":
      return t("It answers to nothing until somebody lets it go on.");
    case "no-device":
      return kind === "serial"
        ? t("Its specification says so: autoattachSerialConsole is false.")
        : t("Its specification says so: autoattachGraphicsDevice is false.");
    case "lost":
      return t("It is made anew by itself.");
    case "busy":
      return t("Too many are looking at it, or the VM's node does not answer.");
    case "taken":
      return t("Whoever connects again shares the console with them.");
    case "refused":
      return t("It takes the right to get {{right}}.", {
        right: `virtualmachineinstances/${kind === "serial" ? "console" : "vnc"}`,
      });
    default:
      return "";
  }
}
