/** Says how what was asked for ended, for screen readers: a row that changed is easily missed. */

import { nameVerb } from "../../part/powerText.ts";
import { useOutcome } from "../../part/wishes.ts";
import { useTranslation } from "../../text/hook.ts";

export function Outcomes() {
  const { t } = useTranslation();
  const outcome = useOutcome();
  return (
    <div className="vms-unseen" aria-live="polite">
      {outcome !== null && sayOutcome(outcome)}
    </div>
  );

  function sayOutcome({ verb, name, done }: NonNullable<typeof outcome>): string {
    const values = { verb: nameVerb(verb, t), name };
    return done
      ? t("{{verb}} of {{name}}: done", values)
      : t("{{verb}} of {{name}}: failed", values);
  }
}
