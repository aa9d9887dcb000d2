/** Finds text in what a terminal shows and keeps. */
import { Button, SearchInput } from "@patternfly/react-core";
import AngleDownIcon from "@patternfly/react-icons/dist/esm/icons/angle-down-icon";
import AngleUpIcon from "@patternfly/react-icons/dist/esm/icons/angle-up-icon";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "../../../text/hook.ts";

export interface FindPanelProps {
  /** False when there is no such text. */
  readonly find: (wanted: string, back: boolean) => boolean;
  readonly onClose: () => void;
}

export function FindPanel({ find, onClose }: FindPanelProps) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const [missing, setMissing] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const go = (back: boolean) => setMissing(wanted !== "" && !find(wanted, back));
  return (
    <search className="vp-console-panel-row">
      <SearchInput
        ref={input}
        value={wanted}
        onChange={(_, each) => {
          setWanted(each);
          setMissing(false);
        }}
        onClear={() => setWanted("")}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
          if (event.key === "Enter") {
            event.preventDefault();
            go(!event.shiftKey);
          }
        }}
        aria-label={t("Find in the console")}
        placeholder={t("Find in the console")}
      />
      <Button
        variant="control"
        icon={<AngleUpIcon />}
        aria-label={t("Upwards")}
        onClick={() => go(true)}
      />
      <Button
        variant="control"
        icon={<AngleDownIcon />}
        aria-label={t("Downwards")}
        onClick={() => go(false)}
      />
      <Button variant="link" onClick={onClose}>
        {t("Close")}
      </Button>
      <p role="status">{missing ? t("Not found.") : ""}</p>
    </search>
  );
}
