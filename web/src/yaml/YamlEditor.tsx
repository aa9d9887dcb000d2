/** A field for YAML. The editor is loaded when the first one is shown; without it, plain text. */
import { Alert, HelperText, HelperTextItem, TextArea } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";
import { useApi } from "../data/context.tsx";
import { Loading } from "../part/LiveGate.tsx";
import { useTranslation } from "../text/hook.ts";
import type { Explained } from "./assist.ts";
import type { Editor } from "./editor.ts";
import { Emitted } from "./emitted.ts";
import { loadSchema } from "./schema.ts";
import type { Problem } from "./text.ts";
import "./yaml.css";

export interface YamlEditorHandle {
  /** Moves cursor and focus to an offset of the text. */
  goTo(offset: number): void;
  focus(): void;
}

export interface YamlEditorProps {
  readonly value: string;
  readonly onChange?: (text: string) => void;
  /** Name of the field. */
  readonly label: string;
  readonly problems?: readonly Problem[];
  readonly isReadOnly?: boolean;
  readonly ref?: Ref<YamlEditorHandle>;
}

const NONE: readonly Problem[] = [];

export function YamlEditor(props: YamlEditorProps) {
  const { value, onChange, label, problems = NONE, isReadOnly = false, ref } = props;
  const { t } = useTranslation();
  const [explained, setExplained] = useState<Explained | null>(null);
  const { place, editor, failed, known } = useEditor(props, setExplained);
  useImperativeHandle(
    ref,
    () => ({ goTo: (offset) => editor?.goTo(offset), focus: () => editor?.focus() }),
    [editor],
  );
  useEffect(() => {
    if (editor !== null && !known.settle(value)) editor.setText(value);
  }, [editor, value, known]);
  useEffect(() => editor?.setReadOnly(isReadOnly), [editor, isReadOnly]);
  useEffect(() => editor?.showProblems(problems), [editor, problems]);
  if (failed) {
    return (
      <TextArea
        className="vp-yaml-plain"
        aria-label={label}
        value={value}
        onChange={(_, text) => onChange?.(text)}
        readOnlyVariant={isReadOnly ? "default" : undefined}
        dir="ltr"
      />
    );
  }
  return (
    <div>
      {editor === null && <Loading />}
      <div ref={place} className="vp-yaml" dir="ltr" hidden={editor === null} />
      <HelperText>
        <HelperTextItem>
          {isReadOnly
            ? t("F1 explains the field at the cursor. Tab leaves the text.")
            : t(
                "Ctrl-Space offers fields, F1 explains the one at the cursor, F8 goes to the next error, Ctrl-F searches. Tab leaves the text.",
              )}
        </HelperTextItem>
      </HelperText>
      <div aria-live="polite">{explained !== null && <Explanation {...explained} />}</div>
    </div>
  );
}

function Explanation({ path, field }: Explained) {
  const { t } = useTranslation();
  return (
    <Alert variant="info" isInline isPlain component="p" title={`${path}: ${field.type}`}>
      <p className="vp-words">{field.description}</p>
      {field.required && <p>{t("It is required.")}</p>}
      {field.values.length > 0 && (
        <p>{t("One of: {{values}}", { values: field.values.join(", ") })}</p>
      )}
      {field.bounds !== "" && <p className="vp-words">{field.bounds}</p>}
    </Alert>
  );
}

/** Loads the editor into its place, once; what changes later goes through its methods. */
function useEditor(props: YamlEditorProps, onExplain: (found: Explained | null) => void) {
  const api = useApi();
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef({ props, t });
  latest.current = { props, t };
  const [known] = useState(() => new Emitted());
  const [editor, setEditor] = useState<Editor | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let opened: Editor | null = null;
    let gone = false;
    import("./editor.ts").then(
      ({ openEditor }) => {
        if (gone || place.current === null) return;
        const now = latest.current;
        opened = openEditor(place.current, {
          text: now.props.value,
          label: now.props.label,
          onChange: (text) => {
            known.add(text);
            latest.current.props.onChange?.(text);
          },
          onExplain,
          schema: (kind) => loadSchema(api, kind),
          words: { required: now.t("required"), values: now.t("One of:") },
          phrases: translatePhrases(now.t),
        });
        setEditor(opened);
      },
      () => setFailed(true),
    );
    return () => {
      gone = true;
      opened?.close();
      setEditor(null);
    };
  }, [api, onExplain, known]);
  return { place, editor, failed, known };
}

/** What CodeMirror says by itself. */
function translatePhrases(t: TFunction): Record<string, string> {
  return {
    Find: t("Find"),
    Replace: t("Replace"),
    next: t("next"),
    previous: t("previous"),
    all: t("all"),
    "match case": t("match case"),
    regexp: t("regular expression"),
    "by word": t("by word"),
    replace: t("replace"),
    "replace all": t("replace all"),
    close: t("close"),
    "current match": t("current match"),
    "on line": t("on line"),
    "replaced match on line $": t("replaced match on line $"),
    "replaced $ matches": t("replaced $ matches"),
    "Go to line": t("Go to line"),
    go: t("go"),
    Diagnostics: t("Errors and warnings"),
    "No diagnostics": t("No errors"),
    Completions: t("Fields to choose from"),
    "Selection deleted": t("Selection deleted"),
    "Control character": t("Control character"),
  };
}
