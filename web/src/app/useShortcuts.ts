/** Hears the keys of the page, wherever they are not text. */
import { useEffect, useEffectEvent, useRef } from "react";
import { type Deed, NO_KEY, readKey } from "../model/shortcut.ts";
import { SHORTCUT_KEYS } from "./setting.ts";

/** Where keys belong to what has the focus: text, consoles, menus, dialogs. */
const OWN_KEYS =
  "input, textarea, select, canvas, [contenteditable], [role=menu], [role=listbox], [role=dialog]," +
  " [role=application], [role=grid], [data-own-keys]";

export function useShortcuts(act: (deed: Deed) => void): void {
  const pressed = useRef(NO_KEY);
  const hear = useEffectEvent((event: KeyboardEvent) => {
    if (SHORTCUT_KEYS.read() === "off" || event.defaultPrevented || event.isComposing) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.composedPath()[0];
    if (target instanceof Element && target.closest(OWN_KEYS) !== null) return;
    const { deed, pressed: next } = readKey(event.key, event.timeStamp, pressed.current);
    pressed.current = next;
    if (deed === undefined) return;
    event.preventDefault();
    act(deed);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => hear(event);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
}
