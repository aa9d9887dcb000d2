/** A terminal in a place of the page, and sessions in it. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Telling } from "../../../model/announcer.ts";
import type { Channel } from "./channel.ts";
import type { Attach } from "./driver.ts";
import type { SerialTerminal } from "./terminal.ts";
import { isDark, useDark } from "./useDark.ts";
import { useLazy } from "./useLazy.ts";

export interface TerminalWords {
  readonly label: string;
  readonly onTelling: (telling: Telling) => void;
  readonly nameLoss: (bytes: number) => string;
}

const load = () => import("./terminal.ts");

/** A websocket's messages are at most so large (docs/consoles.md says 1 MiB). */
const MOST_SENT = 16 * 1024;

export function useTerminal(host: RefObject<HTMLElement | null>, words: TerminalWords) {
  const module = useLazy(load);
  const dark = useDark();
  const said = useRef(words);
  said.current = words;
  const channel = useRef<Channel | null>(null);
  const lives = useRef<{ now?: string; shown?: string }>({});
  const [terminal, setTerminal] = useState<SerialTerminal>();
  const [selected, setSelected] = useState(false);
  const [begun, setBegun] = useState(false);
  useEffect(() => {
    if (module === undefined || host.current === null) return;
    const made = new module.SerialTerminal(host.current, said.current.label, isDark(), {
      onInput: (bytes) => send(channel.current, bytes),
      onSelect: setSelected,
      onTelling: (telling) => said.current.onTelling(telling),
      nameLoss: (bytes) => said.current.nameLoss(bytes),
    });
    setTerminal(made);
    return () => {
      setTerminal(undefined);
      made.dispose();
    };
  }, [module, host]);
  useEffect(() => terminal?.setDark(dark), [terminal, dark]);
  const show = useCallback<Attach>(
    (opened, ready) => {
      channel.current = opened;
      opened.onopen = () => {
        terminal?.begin(lives.current.shown === lives.current.now);
        lives.current.shown = lives.current.now;
        setBegun(true);
        ready();
      };
      opened.onmessage = ({ data }) => {
        if (data instanceof ArrayBuffer) terminal?.write(new Uint8Array(data));
      };
      return () => {
        channel.current = null;
      };
    },
    [terminal],
  );
  const attach = terminal === undefined ? undefined : show;
  /** Which guest it is, as far as is known: its instance's UID. */
  const setLife = (uid: string | undefined) => {
    if (uid !== undefined) lives.current.now = uid;
  };
  return { terminal, attach, selected, begun, setLife };
}

function send(channel: Channel | null, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += MOST_SENT) {
    channel?.send(bytes.slice(at, at + MOST_SENT));
  }
}
