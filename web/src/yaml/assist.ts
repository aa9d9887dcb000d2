/** Completion and documentation of fields, from the schema of the kind that is written. */
import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  pickedCompletion,
} from "@codemirror/autocomplete";
import type { EditorState } from "@codemirror/state";
import { type EditorView, hoverTooltip, type Tooltip } from "@codemirror/view";
import { findKeyAt, findPlace, ITEM } from "./cursor.ts";
import type { Field, Kind, KindSchema } from "./openapi.ts";

/** The schema of a kind; null when the API server has none, or it cannot be had. */
export type SchemaSource = (kind: Kind) => Promise<KindSchema | null>;

/** Words around what the API server says, in the user's language. */
export interface AssistWords {
  readonly required: string;
  readonly values: string;
}

const INDENT = 2;

export function completeFields(source: SchemaSource, words: AssistWords) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const { lines, number, column, from } = locate(context.state, context.pos);
    const place = findPlace(lines, number, column);
    const kind = readKind(lines, number);
    if (place === null || kind === null) return null;
    const word = context.matchBefore(/[\w./-]*/);
    if (!context.explicit && word?.text === "") return null;
    const schema = await source(kind);
    if (schema === null || context.aborted) return null;
    const start = word?.from ?? context.pos;
    if (place.kind === "value") {
      const options = schema.listValues(place.path).map((label) => ({ label, type: "enum" }));
      return options.length === 0 ? null : { from: start, options, validFor: /^[\w./-]*$/ };
    }
    const written = new Set(place.siblings.filter((each) => each !== word?.text));
    const options = schema
      .listFields(place.path)
      .filter(({ name }) => !written.has(name))
      .map((field) => offer(field, place.column, words));
    return options.length === 0
      ? null
      : { from: Math.max(start, from + place.column), options, validFor: /^[\w./-]*$/ };
  };
}

function offer(field: Field, column: number, words: AssistWords): Completion {
  return {
    label: field.name,
    type: "property",
    detail: field.required ? `${field.type}, ${words.required}` : field.type,
    boost: field.required ? 1 : 0,
    info: () => describeField(field, words),
    apply: (view, completion, from, to) => insertField(view, completion, field, column, from, to),
  };
}

function insertField(
  view: EditorView,
  completion: Completion,
  field: Field,
  column: number,
  from: number,
  to: number,
): void {
  const behind = view.state.sliceDoc(to, view.state.doc.lineAt(to).to);
  const insert = field.name + (behind.trimStart().startsWith(":") ? "" : openValue(field, column));
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: from + insert.length },
    annotations: pickedCompletion.of(completion),
    userEvent: "input.complete",
  });
}

/** What follows a key: room for an object's first field, for a list's first item, or for a value. */
function openValue({ type }: Field, column: number): string {
  const inside = " ".repeat(column + INDENT);
  if (type.startsWith("[]")) return `:\n${inside}- `;
  return type === "object" || type.startsWith("map of") ? `:\n${inside}` : ": ";
}

export function explainFields(source: SchemaSource, words: AssistWords) {
  return hoverTooltip(async (view, at): Promise<Tooltip | null> => {
    const { lines, number, column, from } = locate(view.state, at);
    const key = findKeyAt(lines, number, column);
    const kind = readKind(lines, number);
    if (key === null || kind === null) return null;
    const field = (await source(kind))?.findField(key.path) ?? null;
    if (field === null) return null;
    const create = () => ({ dom: describeField(field, words) });
    return { pos: from + key.from, end: from + key.to, above: true, create };
  });
}

/** A field of a document and what it is for. */
export interface Explained {
  readonly path: string;
  readonly field: Field;
}

/** The documentation of the field that the cursor is at; for keyboards, which cannot hover. */
export async function explainAtCursor(
  state: EditorState,
  source: SchemaSource,
): Promise<Explained | null> {
  const { lines, number, column } = locate(state, state.selection.main.head);
  const place = findKeyAt(lines, number, column) ?? findPlace(lines, number, column);
  const kind = readKind(lines, number);
  if (place === null || kind === null) return null;
  const field = (await source(kind))?.findField(place.path) ?? null;
  const path = place.path.join(".").replaceAll(`.${ITEM}`, ITEM);
  return field === null ? null : { path, field };
}

function describeField(field: Field, words: AssistWords): HTMLElement {
  const box = document.createElement("div");
  box.className = "cm-field";
  const type = field.required ? `${field.type}, ${words.required}` : field.type;
  box.append(line("cm-field-type", `${field.name}: ${type}`), line("", field.description));
  if (field.values.length > 0) {
    box.append(line("cm-field-note", `${words.values} ${field.values.join(", ")}`));
  }
  if (field.bounds !== "") box.append(line("cm-field-note", field.bounds));
  return box;
}

function line(className: string, text: string): HTMLElement {
  const element = document.createElement("div");
  element.className = className;
  element.textContent = text;
  return element;
}

function locate(state: EditorState, at: number) {
  const { number, from } = state.doc.lineAt(at);
  return { lines: state.doc.toJSON(), number: number - 1, column: at - from, from };
}

/** The kind of the document that a line is in, by its lines apiVersion and kind. */
function readKind(lines: readonly string[], number: number): Kind | null {
  let first = number;
  while (first > 0 && !lines[first]?.startsWith("---")) first -= 1;
  const found: Record<string, string> = {};
  for (let at = first; at < lines.length; at++) {
    if (at > number && lines[at]?.startsWith("---")) break;
    const match = /^(apiVersion|kind):\s*["']?([^"'\s#]+)/.exec(lines[at] ?? "");
    if (match?.[1] !== undefined && match[2] !== undefined) found[match[1]] = match[2];
  }
  const { apiVersion, kind } = found;
  if (apiVersion === undefined || kind === undefined) return null;
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  return { group, version, kind };
}
