/** The screen of a guest in a place of the page, and sessions with it. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Attach } from "./driver.ts";
import type { GuestScreen, ScreenOptions } from "./screen.ts";
import { useLazy } from "./useLazy.ts";

const load = () => import("./screen.ts");

export interface ScreenHold {
  /** While a session shows it. */
  readonly screen?: GuestScreen;
  readonly attach?: Attach;
}

export function useScreen(
  host: RefObject<HTMLElement | null>,
  options: ScreenOptions,
  onClipboard: (text: string) => void,
  takeFocus: boolean,
): ScreenHold {
  const module = useLazy(load);
  const wanted = useRef({ options, onClipboard });
  wanted.current = { options, onClipboard };
  const [screen, setScreen] = useState<GuestScreen>();
  /** Whether the next session gets the focus: the first alone, later ones if the last had it. */
  const focus = useRef(takeFocus);
  useEffect(() => {
    if (focus.current && isFree()) screen?.focus();
  }, [screen]);
  const { scaling, viewOnly } = options;
  useEffect(() => screen?.setScaling(scaling), [screen, scaling]);
  useEffect(() => screen?.setViewOnly(viewOnly), [screen, viewOnly]);
  const attach = useCallback<Attach>(
    (channel, ready) => {
      if (module === undefined || host.current === null) return () => {};
      const made = new module.GuestScreen(host.current, channel, wanted.current.options, {
        onReady: () => {
          setScreen(made);
          ready();
        },
        onClipboard: (text) => wanted.current.onClipboard(text),
      });
      return () => {
        focus.current = host.current?.contains(document.activeElement) ?? false;
        setScreen(undefined);
        made.dispose();
      };
    },
    [module, host],
  );
  return { screen, attach: module === undefined ? undefined : attach };
}

/** Whether nobody else has the focus. */
function isFree(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
