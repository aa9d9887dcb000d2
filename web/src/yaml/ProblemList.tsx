/** What is wrong with a text, below it: each with its line, and a way there. */
import { Alert, Button, List, ListItem } from "@patternfly/react-core";
import { useTranslation } from "../text/hook.ts";
import type { Problem } from "./text.ts";

export interface ProblemListProps {
  readonly problems: readonly Problem[];
  readonly onGoTo: (offset: number) => void;
}

export function ProblemList({ problems, onGoTo }: ProblemListProps) {
  const { t } = useTranslation();
  const errors = problems.some(({ severity }) => severity === "error");
  return (
    <div aria-live="polite">
      {problems.length > 0 && (
        <Alert
          variant={errors ? "danger" : "warning"}
          isInline
          component="p"
          title={t("{{count}} places to look at", { count: problems.length })}
        >
          <List isPlain>
            {problems.map(({ from, line, message }) => (
              <ListItem key={`${from} ${message}`}>
                <Button variant="link" isInline onClick={() => onGoTo(from)}>
                  {t("Line {{line}}", { line })}
                </Button>{" "}
                <span className="vp-words">{message}</span>
              </ListItem>
            ))}
          </List>
        </Alert>
      )}
    </div>
  );
}
