/** What every part of the form is given. */
import { createContext, useContext } from "react";
import type { Draft, FieldName } from "../../model/draft.ts";
import type { Change } from "./useDraft.ts";

export interface FormState {
  readonly draft: Draft;
  readonly change: Change;
  /** What is wrong with a field, in words, from the page and from the API server. */
  readonly complaints: (field: FieldName) => readonly string[];
  /** The user has left the field: from now on what is wrong with it is shown. */
  readonly touch: (field: FieldName) => void;
  /** Whether the user may put cloud-init's data into a Secret, and why not. */
  readonly secretReason: string | null;
}

const FormContext = createContext<FormState | null>(null);
export const FormProvider = FormContext.Provider;

export function useForm(): FormState {
  const form = useContext(FormContext);
  if (form === null) throw new Error("used outside of the form");
  return form;
}

/** Identifier of a field's element, which errors lead to. */
export const idOf = (field: FieldName) => `create-${field}`;
