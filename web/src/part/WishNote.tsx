/** What is asked of a VM and is not so yet, or why it will not be. */
import { Button, Spinner } from "@patternfly/react-core";
import ProblemIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
import WarningIcon from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
import CloseIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { useEffect } from "react";
import type { Subject } from "../model/power.ts";
import { nameStatus } from "../model/status.ts";
import { isStuck, LONG_SECONDS, observeWish, type Wish } from "../model/wish.ts";
import { useTranslation } from "../text/hook.ts";
import { describeWaiting, explainObstacle, nameVerb } from "./powerText.ts";
import { When } from "./When.tsx";
import { subjectKey } from "./wishBook.ts";
import { useWish, useWishBook } from "./wishes.ts";
import "./WishNote.css";

export interface WishNoteProps {
  readonly subject: Subject;
  /** -1 in a grid, whose arrow keys lead to the button. */
  readonly tabIndex?: number;
}

/** Nothing where nothing was asked for. */
export function WishNote({ subject, tabIndex }: WishNoteProps) {
  const key = subjectKey(subject);
  const wish = useWish(key);
  const book = useWishBook();
  // what is shown here is what the wish waits for, on pages that have no list
  useEffect(() => book.change(key, (each) => observeWish(each, subject)), [book, key, subject]);
  if (wish === undefined) return null;
  if (wish.state === "failed") {
    const dismiss = () => book.set(key, null);
    return <Failure wish={wish} tabIndex={tabIndex} onDismiss={dismiss} />;
  }
  return <Waiting wish={wish} subject={subject} />;
}

function Waiting({ wish, subject }: { wish: Wish; subject: Subject }) {
  const { t } = useTranslation();
  const long = Date.now() - wish.asked > LONG_SECONDS * 1000;
  const status = nameStatus(subject.status, t);
  return (
    <span className="vp-wish">
      {isStuck(wish, subject) ? <WarningIcon /> : <Spinner isInline aria-hidden />}{" "}
      {wish.state === "sending" ? t("Being sent…") : describeWaiting(wish.verb, t)}
      {isStuck(wish, subject) && <> ({t("stands still: {{status}}", { status })})</>}
      {long && (
        <>
          {" "}
          (<When time={new Date(wish.asked)} />)
        </>
      )}
    </span>
  );
}

interface FailureProps {
  readonly wish: Wish;
  readonly tabIndex: number | undefined;
  readonly onDismiss: () => void;
}

function Failure({ wish, tabIndex, onDismiss }: FailureProps) {
  const { t } = useTranslation();
  const verb = nameVerb(wish.verb, t);
  const why = wish.obstacle === null ? wish.message : explainObstacle(wish.obstacle, t);
  return (
    <span className="vp-wish vp-wish-failed">
      <ProblemIcon />{" "}
      <span className="vp-words">{t("{{verb}} failed: {{why}}", { verb, why })}</span>
      <Button
        variant="plain"
        size="sm"
        tabIndex={tabIndex}
        aria-label={t("Dismiss: {{verb}} failed", { verb })}
        icon={<CloseIcon />}
        onClick={(event) => {
          leaveTo(event.currentTarget);
          onDismiss();
        }}
      />
    </span>
  );
}

/** The button goes away: the focus stays in its row, or at least in the page. */
function leaveTo(button: HTMLElement): void {
  const place = button.closest<HTMLElement>("tr[tabindex]") ?? button.closest("main");
  place?.focus({ preventScroll: true });
}
