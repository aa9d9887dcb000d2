/** The conditions in words: the VM's, and those of its instance that it does not repeat. */
import { Icon } from "@patternfly/react-core";
import FineIcon from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
import TroubleIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import NoteIcon from "@patternfly/react-icons/dist/esm/icons/info-circle-icon";
import { sortConditions, tellCondition, type Weight } from "../../model/condition.ts";
import type { Condition } from "../../model/kubevirt.ts";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";
import type { MachineProps } from "./Overview.tsx";

const MOST = 50;

export function Conditions({ machine: { vm, vmi } }: MachineProps) {
  const { t } = useTranslation();
  const own = vm?.status?.conditions ?? [];
  const types = new Set(own.map((each) => each.type));
  const more = (vmi?.status?.conditions ?? []).filter((each) => !types.has(each.type));
  const all = sortConditions([...own, ...more], t).slice(0, MOST);
  if (all.length === 0) return <p>{t("Nobody has said anything of it yet.")}</p>;
  return (
    <ul className="vp-vm-conditions">
      {all.map((each) => (
        <Line key={each.type} condition={each} />
      ))}
    </ul>
  );
}

function Line({ condition }: { readonly condition: Condition }) {
  const { t } = useTranslation();
  const { sentence, weight } = tellCondition(condition, t);
  const { type, status, reason, message, lastTransitionTime } = condition;
  return (
    <li>
      <Mark weight={weight} />
      <div>
        <p>{sentence}</p>
        {message && <p className="vp-words">{message}</p>}
        <p className="vp-vm-small">
          <code>
            {type}={status}
          </code>
          {reason && <code> {reason}</code>} <When time={lastTransitionTime} />
        </p>
      </div>
    </li>
  );
}

function Mark({ weight }: { readonly weight: Weight }) {
  const { t } = useTranslation();
  switch (weight) {
    case "trouble":
      return (
        <Icon status="danger" size="md">
          <TroubleIcon role="img" aria-label={t("Trouble")} />
        </Icon>
      );
    case "note":
      return (
        <Icon status="info" size="md">
          <NoteIcon role="img" aria-label={t("Note")} />
        </Icon>
      );
    default:
      return (
        <Icon status="success" size="md">
          <FineIcon role="img" aria-label={t("Fine")} />
        </Icon>
      );
  }
}
