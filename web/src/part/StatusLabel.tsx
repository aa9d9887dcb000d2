/** A status as a coloured word with its icon: never the colour alone. */
import { Label, Spinner } from "@patternfly/react-core";
import PauseIcon from "@patternfly/react-icons/dist/esm/icons/pause-icon";
import PowerOffIcon from "@patternfly/react-icons/dist/esm/icons/power-off-icon";
import UnknownIcon from "@patternfly/react-icons/dist/esm/icons/question-circle-icon";
import type { ReactNode } from "react";
import { judgeStatus, nameStatus } from "../model/status.ts";
import { useTranslation } from "../text/hook.ts";

export interface StatusLabelProps {
  /** printableStatus of a VM, or the phase of an instance, pod, claim, … */
  readonly word: string;
}

/** Says the word in the user's language; the API's own word is its title. */
export function StatusLabel({ word }: StatusLabelProps) {
  const { t } = useTranslation();
  const text = nameStatus(word, t);
  return (
    <span title={text === word ? undefined : word}>
      <Look word={word}>{text}</Look>
    </span>
  );
}

function Look({ word, children }: StatusLabelProps & { children: ReactNode }) {
  switch (judgeStatus(word)) {
    case "good":
      return <Label status="success">{children}</Label>;
    case "bad":
      return <Label status="danger">{children}</Label>;
    case "odd":
      return <Label status="warning">{children}</Label>;
    case "moving":
      return (
        <Label color="blue" icon={<Spinner isInline aria-hidden />}>
          {children}
        </Label>
      );
    case "paused":
      return (
        <Label color="purple" icon={<PauseIcon />}>
          {children}
        </Label>
      );
    case "off":
      return (
        <Label color="grey" icon={<PowerOffIcon />}>
          {children}
        </Label>
      );
    default:
      return (
        <Label color="grey" icon={<UnknownIcon />}>
          {children}
        </Label>
      );
  }
}
