/** Why something did not work, in words, with what the API server said. */
import { Alert, List, ListItem } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { ApiError } from "../data/api.ts";
import { describeError } from "../data/words.ts";
import { useTranslation } from "../text/hook.ts";

/** One sentence on what kind of refusal it is. */
export function nameRefusal(error: Error, t: TFunction): string {
  if (!(error instanceof ApiError)) return t("Something in this page went wrong.");
  switch (error.code) {
    case 0:
      return t("The cluster cannot be reached.");
    case 401:
      return t("The session has ended.");
    case 403:
      return t("Your rights do not allow this.");
    case 404:
      return t("It is not there (any more).");
    case 409:
      return t("Somebody else changed it meanwhile.");
    case 422:
      return t("The API server refused the values.");
    case 429:
      return t("Too many requests at once. Try again in a moment.");
    default:
      return t("The API server refused.");
  }
}

export interface RefusalProps {
  readonly error: Error;
  /** What was tried; else the kind of refusal stands there. */
  readonly title?: string;
}

/** Shown in the place of what could not be shown or done. */
export function Refusal({ error, title }: RefusalProps) {
  const { t } = useTranslation();
  const kind = nameRefusal(error, t);
  const causes = error instanceof ApiError ? error.causes : [];
  return (
    <Alert variant="danger" isInline component="p" title={title ?? kind} role="alert">
      {title !== undefined && <p>{kind}</p>}
      <p className="vp-words">{describeError(error, t)}</p>
      {causes.length > 0 && (
        <List isPlain>
          {causes.slice(0, 20).map((each) => (
            <ListItem key={`${each.field} ${each.message}`}>
              {each.field !== undefined && <code>{each.field}</code>} {each.message}
            </ListItem>
          ))}
        </List>
      )}
    </Alert>
  );
}
