/** The serial console of a VM. */
import { Button } from "@patternfly/react-core";
import { type ClipboardEvent, useCallback, useEffect, useId, useRef, useState } from "react";
import { cleanPaste, hasLines, MOST_PASTED } from "../../../model/paste.ts";
import { useTranslation } from "../../../text/hook.ts";
import { ConsoleFrame, nameConsole } from "./ConsoleFrame.tsx";
import { copyText, readClipboard } from "./clipboard.ts";
import { FindPanel } from "./FindPanel.tsx";
import { openConsoleWindow } from "./openWindow.ts";
import { PasteDialog } from "./PasteDialog.tsx";
import { ToolMenu } from "./ToolMenu.tsx";
import type { SerialTerminal } from "./terminal.ts";
import { type Target, useConsole } from "./useConsole.ts";
import { useHeard } from "./useHeard.tsx";
import { useTerminal } from "./useTerminal.ts";

export interface SerialConsoleProps extends Target {
  /** It stands alone, in a window of its own. */
  readonly alone?: boolean;
}

export function SerialConsole({ namespace, name, alone = false }: SerialConsoleProps) {
  const { t } = useTranslation();
  const hintId = useId();
  const host = useRef<HTMLDivElement>(null);
  const { heard, tell } = useHeard();
  const { terminal, attach, selected, begun, setLife } = useTerminal(host, {
    label: nameConsole("serial", name, t),
    onTelling: tell,
    nameLoss: (count) => t("{{count}} bytes came too fast to be shown", { count }),
  });
  const target = { namespace, name };
  const hold = useConsole("serial", target, attach);
  setLife(hold.vmi?.metadata.uid);
  const [finding, setFinding] = useState(false);
  const { offer, dialog } = usePaste(terminal);
  useKeys(terminal, () => setFinding(true));
  useEffect(() => {
    if (alone && begun) terminal?.focus();
  }, [alone, begun, terminal]);
  const live = hold.view.state === "running" || hold.view.state === "paused";
  const takePaste = (event: ClipboardEvent) => {
    event.preventDefault();
    event.stopPropagation();
    offer(event.clipboardData.getData("text/plain"));
  };
  const tools = (
    <>
      <Button
        variant="secondary"
        size="sm"
        isDisabled={!selected}
        onClick={() => terminal && void copyText(terminal.selection)}
      >
        {t("Copy")}
      </Button>
      <Button
        variant="secondary"
        size="sm"
        isDisabled={!live}
        onClick={() => void readClipboard().then(offer)}
      >
        {t("Paste")}
      </Button>
      <Button
        variant="secondary"
        size="sm"
        aria-expanded={finding}
        onClick={() => setFinding(!finding)}
      >
        {t("Find")}
      </Button>
      <MoreTools terminal={terminal} live={live} target={target} alone={alone} />
    </>
  );
  const panel = finding && (
    <FindPanel
      find={(wanted, back) => terminal?.find(wanted, back) ?? false}
      onClose={() => {
        setFinding(false);
        terminal?.forgetFound();
        terminal?.focus();
      }}
    />
  );
  return (
    <ConsoleFrame
      kind="serial"
      target={target}
      hold={hold}
      tools={tools}
      panel={panel}
      hintId={hintId}
      keep={begun}
    >
      <div className="vp-console-terminal" onPasteCapture={takePaste}>
        <div ref={host} className="vp-console-lines" />
      </div>
      {heard}
      {dialog}
    </ConsoleFrame>
  );
}

interface MoreToolsProps {
  readonly terminal: SerialTerminal | undefined;
  readonly live: boolean;
  readonly target: Target;
  readonly alone: boolean;
}

function MoreTools({ terminal, live, target, alone }: MoreToolsProps) {
  const { t } = useTranslation();
  const tools = [
    {
      key: "clear",
      label: t("Clear"),
      note: t("Forgets what was shown; the guest does not notice."),
      act: () => terminal?.clear(),
    },
    {
      key: "reset",
      label: t("Reset the terminal"),
      note: t("Helps when colours or letters went wrong."),
      act: () => terminal?.reset(),
    },
    {
      key: "size",
      label: t("Type the size into the guest"),
      note: t("A serial line does not tell it: types a stty command into the shell."),
      disabled: !live,
      act: () => terminal?.typeSize(),
    },
    {
      key: "window",
      label: t("Open in its own window"),
      act: () => openConsoleWindow("serial", target),
    },
  ];
  return (
    <ToolMenu
      plain
      label={t("More tools of the console")}
      groups={[{ tools: tools.filter(({ key }) => !(alone && key === "window")) }]}
    />
  );
}

/** What is pasted goes at once where it is safe, else after a look at it. */
function usePaste(terminal: SerialTerminal | undefined) {
  const [text, setText] = useState<string | null>(null);
  const offer = useCallback(
    (offered: string | null) => {
      if (terminal === undefined) return;
      const clean = cleanPaste(offered ?? "");
      const safe = clean !== "" && clean.length <= MOST_PASTED;
      if (safe && (terminal.takesPastes || !hasLines(clean))) terminal.paste(clean);
      else setText(clean);
    },
    [terminal],
  );
  const dialog = text !== null && terminal !== undefined && (
    <PasteDialog
      text={text}
      onPaste={(each) => terminal.paste(each)}
      onClose={() => setText(null)}
    />
  );
  return { offer, dialog };
}

/** Keys that are ours: copy, find, and paste, which the browser turns into its event. */
function useKeys(terminal: SerialTerminal | undefined, find: () => void): void {
  const open = useRef(find);
  open.current = find;
  useEffect(() => {
    terminal?.setKeys((event) => {
      if (event.type === "keydown" && !isText(event.key)) event.preventDefault();
      if (!event.ctrlKey || !event.shiftKey || event.altKey || event.metaKey) return true;
      const key = event.key.toUpperCase();
      if (key === "V") return false;
      if (key !== "C" && key !== "F") return true;
      if (event.type !== "keydown") return false;
      event.preventDefault();
      if (key === "F") open.current();
      else void copyText(terminal.selection);
      return false;
    });
  }, [terminal]);
}

/** Keys that make text, alone or with others: the browser has to see them to the end. */
const COMPOSING = ["Dead", "Process", "Compose", "Unidentified"];

/**
 * For screen readers xterm.js leaves the browser what it does with a key: right for letters, but
 * Tab would lead out of the console, and F5 load the page anew.
 */
const isText = (key: string) => key.length === 1 || COMPOSING.includes(key);
