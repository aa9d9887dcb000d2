/** Keys that do something on every page, and what they mean. Pure. */
import type { TFunction } from "i18next";

export type Deed =
  | { readonly kind: "go"; readonly path: string }
  | { readonly kind: "search" | "namespace" | "tasks" | "help" };

export interface Shortcut {
  /** One key, or two one after the other. */
  readonly keys: readonly [string] | readonly [string, string];
  readonly name: (t: TFunction) => string;
  readonly deed: Deed;
}

const go = (path: string): Deed => ({ kind: "go", path });

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ["/"], name: (t) => t("Go to a virtual machine"), deed: { kind: "search" } },
  { keys: ["n"], name: (t) => t("Choose a namespace"), deed: { kind: "namespace" } },
  { keys: ["t"], name: (t) => t("Show or hide the tasks"), deed: { kind: "tasks" } },
  { keys: ["?"], name: (t) => t("Show the keys"), deed: { kind: "help" } },
  { keys: ["c"], name: (t) => t("Create a virtual machine"), deed: go("/vms/create") },
  { keys: ["g", "o"], name: (t) => t("Overview"), deed: go("/") },
  { keys: ["g", "v"], name: (t) => t("Virtual machines"), deed: go("/vms") },
  { keys: ["g", "n"], name: (t) => t("Nodes"), deed: go("/nodes") },
  { keys: ["g", "s"], name: (t) => t("Storage"), deed: go("/storage") },
  { keys: ["g", "w"], name: (t) => t("Networks"), deed: go("/networks") },
  { keys: ["g", "i"], name: (t) => t("Instance types"), deed: go("/instancetypes") },
];

/** How long the second key may take. */
const PATIENCE_MS = 1500;

/** What was pressed before; begin with `NO_KEY`. */
export interface Pressed {
  readonly key: string;
  /** Milliseconds. */
  readonly at: number;
}
export const NO_KEY: Pressed = { key: "", at: 0 };

/** What a key means after another one, and what to remember for the next. */
export function readKey(
  key: string,
  now: number,
  before: Pressed,
): { readonly deed?: Deed; readonly pressed: Pressed } {
  const first = now - before.at <= PATIENCE_MS ? before.key : "";
  const chord = SHORTCUTS.find(
    ({ keys }) => keys.length === 2 && keys[0] === first && keys[1] === key,
  );
  if (chord !== undefined) return { deed: chord.deed, pressed: NO_KEY };
  const single = SHORTCUTS.find(({ keys }) => keys.length === 1 && keys[0] === key);
  if (single !== undefined) return { deed: single.deed, pressed: NO_KEY };
  return { pressed: { key, at: now } };
}
