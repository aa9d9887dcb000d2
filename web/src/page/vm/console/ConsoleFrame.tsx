/**
 * What both consoles have around them: their state, who else looks, tools, full screen, and the
 * key that leads out of them.
 */
import { Button, Label, Spinner } from "@patternfly/react-core";
import CompressIcon from "@patternfly/react-icons/dist/esm/icons/compress-icon";
import ExpandIcon from "@patternfly/react-icons/dist/esm/icons/expand-icon";
import type { TFunction } from "i18next";
import { type KeyboardEvent, type ReactNode, type RefObject, useRef } from "react";
import type { ConsoleKind, ConsoleState } from "../../../model/console.ts";
import { useTranslation } from "../../../text/hook.ts";
import { StatePanel } from "./StatePanel.tsx";
import type { ConsoleHold, Target } from "./useConsole.ts";
import { useFull } from "./useFull.ts";
import { Viewers } from "./Viewers.tsx";
import "./console.css";

export interface ConsoleFrameProps {
  readonly kind: ConsoleKind;
  readonly target: Target;
  readonly hold: ConsoleHold;
  readonly tools: ReactNode;
  /** Between tools and console, such as a search. */
  readonly panel?: ReactNode;
  /** Id of the text that tells the way out. */
  readonly hintId: string;
  /** What was shown stays worth reading when the session ends. */
  readonly keep: boolean;
  readonly children: ReactNode;
}

/** Leads out of a console, whose keys are all the guest's (WCAG 2.1.2). */
const isLeaveKey = (event: KeyboardEvent) =>
  event.key === "F6" && event.ctrlKey && event.shiftKey && !event.altKey && !event.metaKey;

export function ConsoleFrame(props: ConsoleFrameProps) {
  const { kind, target, hold, tools, panel, hintId, keep, children } = props;
  const { t } = useTranslation();
  const frame = useRef<HTMLElement>(null);
  const status = useRef<HTMLDivElement>(null);
  const hint = useRef<HTMLParagraphElement>(null);
  const { state } = hold.view;
  const shown = state === "running" || state === "paused";
  const leave = (event: KeyboardEvent) => {
    if (!isLeaveKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
    status.current?.focus();
  };
  return (
    <section
      ref={frame}
      className="vp-console"
      aria-label={nameConsole(kind, target.name, t)}
      onKeyDownCapture={leave}
    >
      <div className="vp-console-bar">
        <div ref={status} tabIndex={-1} role="status" className="vp-console-state">
          <StateLabel state={state} />
        </div>
        {shown && <Viewers kind={kind} target={target} />}
        <div className="vp-console-tools">
          {tools}
          <FullButton frame={frame} />
        </div>
        <Button variant="link" className="vp-console-skip" onClick={() => hint.current?.focus()}>
          {t("Skip the console")}
        </Button>
      </div>
      {panel}
      {(keep || state === "paused") && !(state === "running") && (
        <StatePanel kind={kind} hold={hold} inline />
      )}
      <div className="vp-console-place">
        <div className="vp-console-guest" inert={!shown && !keep}>
          {children}
        </div>
        {!shown && !keep && <StatePanel kind={kind} hold={hold} />}
      </div>
      <p ref={hint} id={hintId} tabIndex={-1} className="vp-console-hint">
        {t("All keys go to the guest. Ctrl+Shift+F6 leads out of the console.")}
      </p>
    </section>
  );
}

function FullButton({ frame }: { readonly frame: RefObject<HTMLElement | null> }) {
  const { t } = useTranslation();
  const [full, setFull] = useFull(frame);
  return (
    <Button
      variant="plain"
      icon={full ? <CompressIcon /> : <ExpandIcon />}
      aria-label={t("Full screen")}
      aria-pressed={full}
      onClick={() => setFull(!full)}
    />
  );
}

/** The console's name, for headings, windows and screen readers. */
export function nameConsole(kind: ConsoleKind, name: string, t: TFunction): string {
  return kind === "serial"
    ? t("Serial console of {{name}}", { name })
    : t("Screen of {{name}}", { name });
}

function StateLabel({ state }: { readonly state: ConsoleState }) {
  const { t } = useTranslation();
  const text = nameState(state, t);
  switch (state) {
    case "running":
      return <Label status="success">{text}</Label>;
    case "paused":
      return <Label status="info">{text}</Label>;
    case "loading":
    case "connecting":
    case "starting":
      return (
        <Label color="blue" icon={<Spinner isInline aria-hidden />}>
          {text}
        </Label>
      );
    case "stopped":
    case "no-device":
      return <Label color="grey">{text}</Label>;
    case "refused":
      return <Label status="danger">{text}</Label>;
    default:
      return <Label status="warning">{text}</Label>;
  }
}

function nameState(state: ConsoleState, t: TFunction): string {
  switch (state) {
    case "running":
      return t("Connected");
    case "paused":
      return t("Paused");
    case "loading":
      return t("Loading");
    case "connecting":
      return t("Connecting");
    case "starting":
      return t("Starting");
    case "stopped":
      return t("Not running");
    case "no-device":
      return t("No console");
    case "lost":
      return t("Connection lost");
    case "busy":
      return t("Busy");
    case "taken":
      return t("Taken over");
    case "refused":
      return t("Refused");
  }
}
