/**
 * The editor itself: CodeMirror in a shadow root. There its style sheets are adopted instead of
 * written as elements, so the page needs no inline styles. Loaded when an editor is first shown.
 */
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  tooltips,
} from "@codemirror/view";
import {
  type AssistWords,
  completeFields,
  type Explained,
  explainAtCursor,
  explainFields,
  type SchemaSource,
} from "./assist.ts";
import { COLOURS, LOOK } from "./look.ts";
import type { Problem } from "./text.ts";

export interface EditorOptions {
  readonly text: string;
  /** Name of the editor for screen readers. */
  readonly label: string;
  readonly onChange: (text: string) => void;
  /** Told of the field at the cursor when the user asks; null for none. */
  readonly onExplain: (found: Explained | null) => void;
  readonly schema: SchemaSource;
  readonly words: AssistWords;
  /** CodeMirror's own words in the user's language. */
  readonly phrases: Readonly<Record<string, string>>;
}

export interface Editor {
  /** Puts another text in, as one step of the history. */
  setText(text: string): void;
  setReadOnly(readOnly: boolean): void;
  showProblems(problems: readonly Problem[]): void;
  /** Moves cursor and focus to an offset. */
  goTo(offset: number): void;
  focus(): void;
  close(): void;
}

export function openEditor(place: HTMLElement, options: EditorOptions): Editor {
  const root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
  const writable = new Compartment();
  const state = EditorState.create({
    doc: options.text,
    extensions: [
      writable.of([]),
      EditorState.phrases.of(options.phrases),
      EditorView.contentAttributes.of({ "aria-label": options.label, tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) options.onChange(update.state.doc.toString());
      }),
      listExtensions(options),
    ],
  });
  const view = new EditorView({ state, root, parent: root as unknown as Element });
  return {
    setText(text) {
      const whole = { from: 0, to: view.state.doc.length, insert: text };
      if (view.state.doc.toString() !== text) view.dispatch({ changes: whole });
    },
    setReadOnly(readOnly) {
      const extension = readOnly ? EditorState.readOnly.of(true) : [];
      view.dispatch({ effects: writable.reconfigure(extension) });
    },
    showProblems(problems) {
      view.dispatch(setDiagnostics(view.state, problems.map(fit(view.state.doc.length))));
    },
    goTo(offset) {
      const anchor = Math.min(offset, view.state.doc.length);
      const effects = EditorView.scrollIntoView(anchor, { y: "center" });
      view.dispatch({ selection: { anchor }, effects });
      view.focus();
    },
    focus() {
      view.focus();
    },
    close() {
      view.destroy();
    },
  };
}

/** The tab key leaves the editor, as it leaves every field; Ctrl-] and Ctrl-[ indent. */
function listExtensions({ schema, words, onExplain }: EditorOptions): Extension {
  const explain = (view: EditorView) => {
    explainAtCursor(view.state, schema).then(onExplain);
    return true;
  };
  return [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection(),
    highlightSpecialChars(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    bracketMatching(),
    indentOnInput(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    EditorView.lineWrapping,
    yaml(),
    syntaxHighlighting(COLOURS),
    LOOK,
    search({ top: true }),
    tooltips({ position: "absolute" }),
    autocompletion({ override: [completeFields(schema, words)], icons: false }),
    explainFields(schema, words),
    keymap.of([
      { key: "F1", run: explain, preventDefault: true },
      ...completionKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...lintKeymap,
    ]),
  ];
}

/** The text may have changed since the problem was found. */
function fit(length: number) {
  return ({ from, to, message, severity }: Problem): Diagnostic => ({
    from: Math.min(from, length),
    to: Math.min(to, length),
    message,
    severity,
  });
}
