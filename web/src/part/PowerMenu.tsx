/** What can be done to a VM, as a menu: with reasons where it cannot. */
import { Divider, Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import EllipsisIcon from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon";
import { type ComponentProps, Fragment, useEffect, useRef, useState } from "react";
import { needsConsent, type Subject, type Verb } from "../model/power.ts";
import { useTranslation } from "../text/hook.ts";
import { LateQuestion } from "./LateQuestion.tsx";
import { findMenuPlace } from "./menuPlace.ts";
import { nameVerb } from "./powerText.ts";
import { useChoices, usePower } from "./usePower.ts";

export interface PowerMenuProps {
  readonly subject: Subject;
  /** A word on the button; without it there are three dots. */
  readonly label?: string;
  /** -1 in a grid, whose arrow keys lead to the button. */
  readonly tabIndex?: number;
  /** Called after a deletion was asked for. */
  readonly onDelete?: () => void;
}

export function PowerMenu({ subject, label, tabIndex, onDelete }: PowerMenuProps) {
  const { t } = useTranslation();
  const power = usePower();
  const [open, setOpen] = useState(false);
  const menu = useLateMenu();
  const [question, setQuestion] = useState<Verb | null>(null);
  const act = (verb: Verb) => {
    power(verb, [subject]);
    if (verb === "delete") onDelete?.();
  };
  const choose = (verb: Verb) => {
    setOpen(false);
    // before the menu takes the focus with it
    button.current?.focus();
    if (needsConsent(verb, 1)) setQuestion(verb);
    else act(verb);
  };
  const button = useRef<HTMLButtonElement>(null);
  const toggle = {
    ref: button,
    tabIndex,
    onFocus: menu.want,
    onPointerEnter: menu.want,
    onClick: () => {
      menu.want();
      setOpen(!open);
    },
  };
  return (
    <>
      {label === undefined ? (
        <Dots isOpen={open} label={t("Actions for {{name}}", { name: subject.name })} {...toggle} />
      ) : (
        <MenuToggle isExpanded={open} variant="primary" {...toggle}>
          {label}
        </MenuToggle>
      )}
      {menu.wanted && (
        <Dropdown
          isOpen={open && menu.ready}
          onOpenChange={setOpen}
          toggle={{ toggleNode: null, toggleRef: button }}
          shouldFocusFirstItemOnOpen
          isScrollable
          // a row may be in the middle: then no more than this fits above or below it
          maxMenuHeight={label === undefined ? "min(33rem, 42dvh)" : "min(33rem, 65dvh)"}
          popperProps={{ position: "end", appendTo: findMenuPlace }}
        >
          {open && <Verbs subject={subject} onChoose={choose} />}
        </Dropdown>
      )}
      {question !== null && (
        <LateQuestion
          verb={question}
          subjects={[subject]}
          onConfirm={() => act(question)}
          onClose={() => setQuestion(null)}
        />
      )}
    </>
  );
}

interface DotsProps extends ComponentProps<"button"> {
  readonly isOpen: boolean;
  readonly label: string;
}

/** A plain MenuToggle as classes: the component does much, and each row of a list has one. */
function Dots({ isOpen, label, ...button }: DotsProps) {
  return (
    <button
      {...button}
      type="button"
      className={`pf-v6-c-menu-toggle pf-m-plain ${isOpen ? "pf-m-expanded" : ""}`}
      aria-label={label}
      aria-expanded={isOpen}
    >
      <span className="pf-v6-c-menu-toggle__icon">
        <EllipsisIcon />
      </span>
    </button>
  );
}

/**
 * A list has a menu in each row, and nobody opens most of them: it is made when its button is
 * reached. It has to be there closed before it opens: only then it takes the focus.
 */
function useLateMenu() {
  const [wanted, setWanted] = useState(false);
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(wanted), [wanted]);
  return { wanted, ready, want: () => setWanted(true) };
}

/** Only there while the menu is open: rights are asked for then. */
function Verbs({ subject, onChoose }: { subject: Subject; onChoose: (verb: Verb) => void }) {
  const { t } = useTranslation();
  const choices = useChoices(subject);
  useEffect(() => void LateQuestion.fetch(), []);
  return (
    <DropdownList>
      {choices.map(({ verb, enabled, note }) => (
        <Fragment key={verb}>
          {verb === "delete" && <Divider component="li" />}
          <DropdownItem
            isAriaDisabled={!enabled}
            isDanger={verb === "delete" && enabled}
            description={note}
            onClick={enabled ? () => onChoose(verb) : undefined}
          >
            {nameVerb(verb, t)}
          </DropdownItem>
        </Fragment>
      ))}
    </DropdownList>
  );
}
