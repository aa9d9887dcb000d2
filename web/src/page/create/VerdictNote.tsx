/** What the API server thinks of what would be created, in one place below the form. */
import { Alert, List, ListItem, Spinner } from "@patternfly/react-core";
import type { FieldCause } from "../../model/fieldPath.ts";
import { Refusal } from "../../part/Refusal.tsx";
import { useTranslation } from "../../text/hook.ts";
import type { Verdict } from "./useDryRun.ts";

export interface VerdictNoteProps {
  readonly verdict: Verdict;
  /** Complaints that stand at no field. */
  readonly rest: readonly FieldCause[];
  /** Why the last attempt to create it failed. */
  readonly error: Error | null;
}

/** More complaints than these are counted, not shown. */
const MOST = 30;

export function VerdictNote({ verdict, rest, error }: VerdictNoteProps) {
  const { t } = useTranslation();
  return (
    <div aria-live="polite">
      {error !== null && <Refusal error={error} title={t("It was not created.")} />}
      {verdict.error !== null && error === null && (
        <Refusal error={verdict.error} title={t("The API server could not check this.")} />
      )}
      {rest.length > 0 && (
        <Alert
          variant="danger"
          isInline
          component="p"
          title={t("The API server would refuse this:")}
        >
          <List isPlain>
            {rest.slice(0, MOST).map(({ field, message }) => (
              <ListItem key={`${field} ${message}`} className="vp-words">
                {field !== "" && <code>{field}</code>} {message}
              </ListItem>
            ))}
          </List>
        </Alert>
      )}
      {verdict.warnings.length > 0 && (
        <Alert variant="warning" isInline component="p" title={t("The API server warns:")}>
          <List isPlain>
            {verdict.warnings.slice(0, MOST).map((text) => (
              <ListItem key={text} className="vp-words">
                {text}
              </ListItem>
            ))}
          </List>
        </Alert>
      )}
      {(rest.length === 0 || verdict.state !== "refused") && <VerdictLine state={verdict.state} />}
    </div>
  );
}

function VerdictLine({ state }: Pick<Verdict, "state">) {
  const { t } = useTranslation();
  switch (state) {
    case "asking":
      return (
        <p>
          <Spinner isInline aria-hidden /> {t("The API server checks this …")}
        </p>
      );
    case "fine":
      return (
        <Alert
          variant="success"
          isInline
          isPlain
          component="p"
          title={t("The API server would accept this.")}
        />
      );
    case "refused":
      return (
        <Alert
          variant="danger"
          isInline
          isPlain
          component="p"
          title={t("The API server would refuse this; what is wrong stands at the fields.")}
        />
      );
    default:
      return null;
  }
}
