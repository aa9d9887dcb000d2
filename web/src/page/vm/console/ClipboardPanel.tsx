/** Text into and out of a guest's screen. */
import { Button, FormGroup, TextArea } from "@patternfly/react-core";
import { useId, useState } from "react";
import { MOST_TYPED } from "../../../model/keyboard.ts";
import { useTranslation } from "../../../text/hook.ts";
import { copyText, readClipboard } from "./clipboard.ts";
import type { GuestScreen } from "./screen.ts";

export interface ClipboardPanelProps {
  readonly screen: GuestScreen | undefined;
  /** What the guest's clipboard has, as far as it told. */
  readonly heard: string;
  readonly onClose: () => void;
}

export function ClipboardPanel({ screen, heard, onClose }: ClipboardPanelProps) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <section className="vp-console-clipboard" aria-label={t("Clipboard")}>
      <Outgoing id={id} screen={screen} />
      <div className="vp-console-panel-row">
        <FormGroup label={t("From the guest")} fieldId={`${id}-heard`}>
          <TextArea
            id={`${id}-heard`}
            value={heard}
            readOnlyVariant="default"
            rows={2}
            placeholder={t("Nothing yet: it takes an agent in the guest.")}
          />
        </FormGroup>
        <Button
          variant="secondary"
          size="sm"
          isDisabled={heard === ""}
          onClick={() => void copyText(heard)}
        >
          {t("Copy")}
        </Button>
        <Button variant="link" size="sm" onClick={onClose}>
          {t("Close")}
        </Button>
      </div>
    </section>
  );
}

/** A guest without an agent has no clipboard for us: then the text is typed. */
function Outgoing({ id, screen }: { readonly id: string; readonly screen?: GuestScreen }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [typing, setTyping] = useState(false);
  const off = screen === undefined || text === "";
  const type = () => {
    setTyping(true);
    screen?.type(text, () => setTyping(false));
  };
  return (
    <div className="vp-console-panel-row">
      <FormGroup label={t("To the guest")} fieldId={`${id}-text`}>
        <TextArea
          id={`${id}-text`}
          value={text}
          onChange={(_, each) => setText(each)}
          onPaste={(event) => event.stopPropagation()}
          rows={2}
          aria-describedby={`${id}-note`}
        />
        <p id={`${id}-note`} className="vp-console-hint">
          {t("Typed as on a US keyboard, {{count}} characters at most.", { count: MOST_TYPED })}
        </p>
      </FormGroup>
      <Button
        variant="secondary"
        size="sm"
        onClick={() => void readClipboard().then((each) => each !== null && setText(each))}
      >
        {t("Take from the clipboard")}
      </Button>
      <Button variant="secondary" size="sm" isDisabled={off} isLoading={typing} onClick={type}>
        {t("Type it")}
      </Button>
      <Button
        variant="secondary"
        size="sm"
        isDisabled={off}
        onClick={() => screen?.sendClipboard(text)}
      >
        {t("Put into its clipboard")}
      </Button>
    </div>
  );
}
