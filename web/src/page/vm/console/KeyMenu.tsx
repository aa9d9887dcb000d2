/** Keys that do not come to the guest by themselves: pressed from a menu, or held down. */
import { Button, ToggleGroup, ToggleGroupItem } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { useEffect, useState } from "react";
import {
  ALT_F4,
  ALT_TAB,
  CTRL_ALT_DEL,
  functionKey,
  type Modifier,
  SPECIAL_KEYS,
  type SpecialKey,
  type Stroke,
  virtualConsole,
} from "../../../model/keyboard.ts";
import { useTranslation } from "../../../text/hook.ts";
import type { GuestScreen } from "./screen.ts";
import { ToolMenu } from "./ToolMenu.tsx";

export interface KeyMenuProps {
  /** Undefined: no guest takes keys now. */
  readonly screen: GuestScreen | undefined;
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const HELD: readonly Modifier[] = ["ctrl", "alt", "shift", "win"];
const LINUX_CONSOLES = 7;
const FUNCTION_KEYS = 12;

export function KeyMenu({ screen }: KeyMenuProps) {
  const { t } = useTranslation();
  const press = (stroke: Stroke) => {
    screen?.press(stroke);
    screen?.focus();
  };
  const tool = (label: string, stroke: Stroke) => ({
    key: label,
    label,
    act: () => press(stroke),
  });
  const specials = Object.entries(SPECIAL_KEYS) as [
    SpecialKey,
    (typeof SPECIAL_KEYS)[SpecialKey],
  ][];
  const groups = [
    {
      name: t("Combinations"),
      tools: [
        tool(t("Alt+Tab"), ALT_TAB),
        tool(t("Alt+F4"), ALT_F4),
        ...range(LINUX_CONSOLES).map((number) =>
          tool(t("Ctrl+Alt+F{{number}}", { number }), virtualConsole(number)),
        ),
      ],
    },
    {
      name: t("Keys"),
      tools: specials.map(([name, key]) => tool(nameKey(name, t), { ...key, held: [] })),
    },
    {
      name: t("Function keys"),
      tools: range(FUNCTION_KEYS).map((number) =>
        tool(t("F{{number}}", { number }), { ...functionKey(number), held: [] }),
      ),
    },
  ];
  return (
    <>
      <Button
        variant="secondary"
        size="sm"
        isDisabled={screen === undefined}
        onClick={() => press(CTRL_ALT_DEL)}
      >
        {t("Ctrl+Alt+Del")}
      </Button>
      <ToolMenu long label={t("Keys")} disabled={screen === undefined} groups={groups} />
      <HeldKeys key={screen === undefined ? "off" : "on"} screen={screen} />
    </>
  );
}

/** Keys that stay down until they are let go: for shortcuts that the browser would take. */
function HeldKeys({ screen }: KeyMenuProps) {
  const { t } = useTranslation();
  const [held, setHeld] = useState<ReadonlySet<Modifier>>(new Set());
  useEffect(() => () => screen?.releaseModifiers(), [screen]);
  const toggle = (modifier: Modifier, down: boolean) => {
    screen?.hold(modifier, down);
    const next = new Set(held);
    if (down) next.add(modifier);
    else next.delete(modifier);
    setHeld(next);
  };
  return (
    <ToggleGroup aria-label={t("Keys that are held down")} isCompact>
      {HELD.map((each) => (
        <ToggleGroupItem
          key={each}
          text={nameModifier(each, t)}
          isDisabled={screen === undefined}
          isSelected={held.has(each)}
          onChange={(_, down) => toggle(each, down)}
        />
      ))}
    </ToggleGroup>
  );
}

function nameModifier(modifier: Modifier, t: TFunction): string {
  switch (modifier) {
    case "ctrl":
      return t("Ctrl");
    case "alt":
      return t("Alt");
    case "shift":
      return t("Shift");
    case "win":
      return t("Win");
  }
}

function nameKey(key: SpecialKey, t: TFunction): string {
  switch (key) {
    case "tab":
      return t("Tab");
    case "escape":
      return t("Escape");
    case "insert":
      return t("Insert");
    case "delete":
      return t("Del");
    case "home":
      return t("Home key");
    case "end":
      return t("End key");
    case "pageUp":
      return t("Page up");
    case "pageDown":
      return t("Page down");
    case "print":
      return t("Print screen");
    case "scrollLock":
      return t("Scroll lock");
    case "pause":
      return t("Pause key");
    case "menu":
      return t("Menu key");
  }
}
