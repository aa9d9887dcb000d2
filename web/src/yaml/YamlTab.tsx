/** The YAML of an object: to read, to change, to see what a change does, and to apply it. */
import { ActionGroup, Alert, Button, List, ListItem } from "@patternfly/react-core";
import { type RefObject, useEffect, useRef } from "react";
import type { KubeObject, Resource } from "../data/api.ts";
import { useRight } from "../data/rights.ts";
import { Refusal } from "../part/Refusal.tsx";
import { useTranslation } from "../text/hook.ts";
import { DiffView } from "./DiffView.tsx";
import { textOf } from "./edit.ts";
import { ProblemList } from "./ProblemList.tsx";
import type { Problem } from "./text.ts";
import { useUnsaved } from "./useUnsaved.tsx";
import { useYamlEdit } from "./useYamlEdit.ts";
import { YamlEditor, type YamlEditorHandle } from "./YamlEditor.tsx";
import "./yaml.css";

export interface YamlTabProps {
  /** As it is now; may change while it is edited. */
  readonly object: KubeObject;
  readonly resource: Resource;
}

export function YamlTab({ object, resource }: YamlTabProps) {
  const { metadata } = object;
  return <Tab key={metadata.uid ?? metadata.name} object={object} resource={resource} />;
}

type Editing = ReturnType<typeof useYamlEdit>;

function Tab({ object, resource }: YamlTabProps) {
  const { t } = useTranslation();
  const editing = useYamlEdit(object, resource);
  const { namespace, name } = object.metadata;
  const right = useRight({ verb: "update", resource, namespace, name });
  const question = useUnsaved(editing.dirty);
  const editor = useRef<YamlEditorHandle>(null);
  const { state } = editing;
  const denied = right.state === "denied";
  const reviewing = state.step === "review" || state.step === "applying";
  useFocus(editor, reviewing, state.problems);
  return (
    <div className="vp-yaml-part">
      {question}
      {denied && (
        <Alert
          variant="info"
          isInline
          component="p"
          title={t("Your rights let you read this, not change it.")}
        >
          {right.reason}
        </Alert>
      )}
      <Notes editing={editing} />
      {reviewing && <Review editing={editing} />}
      <div hidden={reviewing}>
        <YamlEditor
          ref={editor}
          value={state.text}
          onChange={editing.edit}
          label={t("YAML of {{name}}", { name })}
          problems={state.problems}
          isReadOnly={denied}
        />
        <p>{t("The status and what the API server keeps for itself are not shown here.")}</p>
        <ProblemList problems={state.problems} onGoTo={(offset) => editor.current?.goTo(offset)} />
        {!denied && <Actions editing={editing} />}
      </div>
    </div>
  );
}

/** Leads to the first error that was found; and back to the text when the comparison goes. */
function useFocus(
  editor: RefObject<YamlEditorHandle | null>,
  reviewing: boolean,
  problems: readonly Problem[],
): void {
  const first = problems[0]?.from;
  useEffect(() => {
    if (first !== undefined) editor.current?.goTo(first);
  }, [editor, first]);
  const reviewed = useRef(false);
  useEffect(() => {
    if (reviewed.current && !reviewing) editor.current?.focus();
    reviewed.current = reviewing;
  }, [editor, reviewing]);
}

function Actions({ editing }: { readonly editing: Editing }) {
  const { t } = useTranslation();
  const { state, dirty } = editing;
  const asking = state.step === "asking";
  return (
    <ActionGroup>
      <Button
        onClick={editing.review}
        isDisabled={!dirty || asking || state.theirs !== null}
        isLoading={asking}
      >
        {t("Check and compare")}
      </Button>
      <Button variant="link" onClick={editing.discard} isDisabled={!dirty || asking}>
        {t("Discard changes")}
      </Button>
    </ActionGroup>
  );
}

/** What came of the last step. */
function Notes({ editing }: { readonly editing: Editing }) {
  const { t } = useTranslation();
  const { state } = editing;
  return (
    <div aria-live="polite" className="vp-yaml-part">
      {state.error !== null && <Refusal error={state.error} title={t("This cannot be applied.")} />}
      {state.theirs !== null && <Meanwhile editing={editing} theirs={state.theirs} />}
      {state.clashes.length > 0 && (
        <Alert
          variant="warning"
          isInline
          component="p"
          title={t("Both changed these fields. Here they stand as you changed them:")}
        >
          <Words lines={state.clashes} />
        </Alert>
      )}
      {state.done && <Alert variant="success" isInline component="p" title={t("Applied.")} />}
      {state.warnings.length > 0 && (
        <Alert variant="warning" isInline component="p" title={t("The API server warns:")}>
          <Words lines={state.warnings} />
        </Alert>
      )}
    </div>
  );
}

function Words({ lines }: { readonly lines: readonly string[] }) {
  return (
    <List isPlain>
      {[...new Set(lines)].map((line) => (
        <ListItem key={line} className="vp-words">
          {line}
        </ListItem>
      ))}
    </List>
  );
}

/** Somebody else changed it: what, and how to go on. */
function Meanwhile({
  editing,
  theirs,
}: {
  readonly editing: Editing;
  readonly theirs: KubeObject;
}) {
  const { t } = useTranslation();
  return (
    <Alert
      variant="warning"
      isInline
      component="p"
      title={t("It was changed elsewhere since you began:")}
      actionLinks={
        <>
          <Button variant="secondary" onClick={editing.takeTheirs} isDisabled={!editing.readable}>
            {t("Put my changes on top of it")}
          </Button>
          <Button variant="link" onClick={editing.discard}>
            {t("Discard my changes")}
          </Button>
        </>
      }
    >
      <DiffView
        label={t("What was changed elsewhere")}
        before={editing.original}
        after={textOf(theirs)}
      />
      {!editing.readable && <p>{t("First mend the errors in the text below.")}</p>}
    </Alert>
  );
}

/** What applying would do, as the API server answered a dry run. */
function Review({ editing }: { readonly editing: Editing }) {
  const { t } = useTranslation();
  const { state } = editing;
  const applying = state.step === "applying";
  return (
    <div className="vp-yaml-part">
      <p>{t("The API server would take this. Nothing has changed yet.")}</p>
      <DiffView label={t("What will change")} before={editing.original} after={state.preview} />
      <ActionGroup>
        <Button
          onClick={editing.apply}
          isDisabled={applying || state.theirs !== null}
          isLoading={applying}
          ref={takeFocus}
        >
          {t("Apply")}
        </Button>
        <Button variant="link" onClick={editing.back} isDisabled={applying}>
          {t("Back to the text")}
        </Button>
      </ActionGroup>
    </div>
  );
}

/** The button that was pressed is gone; the next one takes its place. */
function takeFocus(button: HTMLButtonElement | null): void {
  button?.focus();
}
