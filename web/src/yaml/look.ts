/** Colours of the editor: PatternFly's tokens, which know light and dark and reach into the shadow root. */
import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const token = (name: string) => `var(--pf-t--global--${name})`;
const BORDER = `1px solid ${token("border--color--default")}`;
const FLOATING = {
  color: token("text--color--regular"),
  backgroundColor: token("background--color--floating--default"),
  border: BORDER,
  borderRadius: token("border--radius--small"),
  boxShadow: token("box-shadow--md"),
};

export const LOOK = EditorView.theme({
  "&": {
    color: token("text--color--regular"),
    backgroundColor: token("background--color--primary--default"),
    fontSize: token("font--size--body--sm"),
    border: BORDER,
    height: "100%",
  },
  "&.cm-focused": { outline: `2px solid ${token("color--brand--default")}`, outlineOffset: "-1px" },
  ".cm-scroller": { fontFamily: token("font--family--mono"), lineHeight: "1.5" },
  ".cm-content": { caretColor: token("text--color--regular") },
  "&.cm-focused > .cm-scroller > .cm-cursorLayer .cm-cursor, .cm-cursor": {
    borderLeftColor: token("text--color--regular"),
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: `color-mix(in srgb, ${token("color--brand--default")} 30%, transparent)` },
  ".cm-gutters": {
    color: token("text--color--subtle"),
    backgroundColor: token("background--color--secondary--default"),
    borderInlineEnd: BORDER,
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: `color-mix(in srgb, ${token("text--color--subtle")} 10%, transparent)`,
  },
  ".cm-activeLineGutter": { color: token("text--color--regular") },
  ".cm-tooltip": FLOATING,
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: token("font--family--mono") },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: token("text--color--regular"),
    backgroundColor: `color-mix(in srgb, ${token("color--brand--default")} 25%, transparent)`,
  },
  ".cm-completionDetail": { color: token("text--color--subtle"), fontStyle: "normal" },
  ".cm-completionInfo": { maxWidth: "min(24rem, 80vw)", padding: token("spacer--sm") },
  ".cm-field": {
    maxWidth: "min(32rem, 80vw)",
    padding: token("spacer--sm"),
    fontFamily: token("font--family--body"),
    whiteSpace: "pre-line",
    overflowWrap: "anywhere",
  },
  ".cm-field-type": { fontFamily: token("font--family--mono"), fontWeight: "bold" },
  ".cm-field-note": { color: token("text--color--subtle") },
  ".cm-panels": {
    color: token("text--color--regular"),
    backgroundColor: token("background--color--secondary--default"),
  },
  ".cm-textfield, .cm-button": {
    color: token("text--color--regular"),
    background: token("background--color--primary--default"),
    border: BORDER,
  },
  ".cm-searchMatch": {
    backgroundColor: `color-mix(in srgb, ${token("color--nonstatus--yellow--default")} 50%, transparent)`,
  },
  ".cm-searchMatch-selected": {
    outline: `2px solid ${token("color--brand--default")}`,
  },
  ".cm-diagnostic": { whiteSpace: "pre-line", overflowWrap: "anywhere" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: `underline wavy ${token("color--status--danger--default")}`,
  },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: `underline wavy ${token("color--status--warning--default")}`,
  },
});

export const COLOURS = HighlightStyle.define([
  {
    tag: [tags.definition(tags.propertyName), tags.propertyName],
    color: token("text--color--link--default"),
  },
  { tag: [tags.comment, tags.meta], color: token("text--color--subtle"), fontStyle: "italic" },
  { tag: [tags.keyword, tags.labelName, tags.typeName], fontWeight: "bold" },
  { tag: [tags.string, tags.content], color: token("text--color--regular") },
]);
