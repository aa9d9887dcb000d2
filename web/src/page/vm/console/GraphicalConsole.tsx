/** The graphical console of a VM: its screen, keyboard and mouse. */
import { Button } from "@patternfly/react-core";
import { useId, useRef, useState } from "react";
import { Setting, useSetting } from "../../../app/setting.ts";
import { useTranslation } from "../../../text/hook.ts";
import { ClipboardPanel } from "./ClipboardPanel.tsx";
import { ConsoleFrame, nameConsole } from "./ConsoleFrame.tsx";
import { saveFile } from "./clipboard.ts";
import { KeyMenu } from "./KeyMenu.tsx";
import { openConsoleWindow } from "./openWindow.ts";
import type { GuestScreen, Scaling } from "./screen.ts";
import { ToolMenu } from "./ToolMenu.tsx";
import { type Target, useConsole } from "./useConsole.ts";
import { useScreen } from "./useScreen.ts";

const SCALING = new Setting<Scaling>("scaling", ["fit", "same", "match"]);

export interface GraphicalConsoleProps extends Target {
  /** It stands alone, in a window of its own. */
  readonly alone?: boolean;
}

export function GraphicalConsole({ namespace, name, alone = false }: GraphicalConsoleProps) {
  const { t } = useTranslation();
  const hintId = useId();
  const host = useRef<HTMLDivElement>(null);
  const [scaling, setScaling] = useSetting(SCALING);
  const [viewOnly, setViewOnly] = useState(false);
  const [heard, setHeard] = useState("");
  const [panel, setPanel] = useState(false);
  const target = { namespace, name };
  const label = nameConsole("vnc", name, t);
  const { screen, attach } = useScreen(
    host,
    { label, describedBy: hintId, scaling, viewOnly },
    setHeard,
    alone,
  );
  const hold = useConsole("vnc", target, attach);
  const tools = (
    <>
      <KeyMenu screen={viewOnly ? undefined : screen} />
      <Button variant="secondary" size="sm" aria-expanded={panel} onClick={() => setPanel(!panel)}>
        {t("Clipboard")}
      </Button>
      <MoreTools
        screen={screen}
        target={target}
        alone={alone}
        scaling={scaling}
        onScaling={setScaling}
        viewOnly={viewOnly}
        onViewOnly={setViewOnly}
      />
    </>
  );
  return (
    <ConsoleFrame
      kind="vnc"
      target={target}
      hold={hold}
      tools={tools}
      panel={
        panel && (
          <ClipboardPanel
            screen={viewOnly ? undefined : screen}
            heard={heard}
            onClose={() => setPanel(false)}
          />
        )
      }
      hintId={hintId}
      keep={false}
    >
      <div ref={host} className="vp-console-screen" />
    </ConsoleFrame>
  );
}

interface MoreToolsProps {
  readonly screen: GuestScreen | undefined;
  readonly target: Target;
  readonly alone: boolean;
  readonly scaling: Scaling;
  readonly onScaling: (scaling: Scaling) => void;
  readonly viewOnly: boolean;
  readonly onViewOnly: (viewOnly: boolean) => void;
}

function MoreTools(props: MoreToolsProps) {
  const { screen, target, alone, scaling, onScaling, viewOnly, onViewOnly } = props;
  const { t } = useTranslation();
  const scale = (key: Scaling, label: string, note: string) => ({
    key,
    label,
    note,
    checked: scaling === key,
    act: () => onScaling(key),
  });
  const others = [
    {
      key: "view",
      label: t("View only"),
      note: t("Keys and mouse stay here."),
      checked: viewOnly,
      act: () => onViewOnly(!viewOnly),
    },
    {
      key: "picture",
      label: t("Save a screenshot"),
      disabled: screen === undefined,
      act: () => void savePicture(screen, target),
    },
    {
      key: "window",
      label: t("Open in its own window"),
      act: () => openConsoleWindow("vnc", target),
    },
  ];
  return (
    <ToolMenu
      plain
      label={t("More tools of the console")}
      groups={[
        {
          name: t("Size"),
          tools: [
            scale("fit", t("Fit the window"), t("The whole screen is to be seen.")),
            scale("same", t("Original size"), t("A pixel of the guest is a pixel here.")),
            scale("match", t("Change the guest's screen"), t("Where the guest can do that.")),
          ],
        },
        { name: t("Tools"), tools: others.filter(({ key }) => !(alone && key === "window")) },
      ]}
    />
  );
}

async function savePicture(screen: GuestScreen | undefined, target: Target): Promise<void> {
  const picture = await screen?.picture();
  if (!picture) return;
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  saveFile(picture, `${target.namespace}-${target.name}-${time}.png`);
}
