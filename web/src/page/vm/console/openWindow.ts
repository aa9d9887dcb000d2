/** A console in a window of its own. */
import { carryNamespace } from "../../../app/query.ts";
import type { ConsoleKind } from "../../../model/console.ts";
import type { Target } from "./useConsole.ts";

/** Path of a console alone, without the hash. */
export function consolePath(kind: ConsoleKind, { namespace, name }: Target): string {
  return `/console/${kind}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** The window does not know this one: its guest is nobody to trust. */
export function openConsoleWindow(kind: ConsoleKind, target: Target): void {
  const url = new URL(location.href);
  url.hash = carryNamespace(consolePath(kind, target), location.hash);
  window.open(url.href, "_blank", "popup,noopener,width=1060,height=760");
}
