/** One field of the form: its label, what it is for, and what is wrong with it. */
import {
  FormGroup,
  FormHelperText,
  FormSelect,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import type { Draft, FieldName } from "../../model/draft.ts";
import { idOf, useForm } from "./form.ts";

export interface FieldProps {
  readonly field: FieldName;
  readonly label: string;
  readonly help?: ReactNode;
  readonly isRequired?: boolean;
  readonly children: ReactNode;
}

export function Field({ field, label, help, isRequired, children }: FieldProps) {
  return (
    <FormGroup label={label} fieldId={idOf(field)} isRequired={isRequired}>
      {children}
      <FieldHelp field={field} help={help} />
    </FormGroup>
  );
}

/** The text below a field; screen readers read it with the field. */
export function FieldHelp({
  field,
  help,
}: {
  readonly field: FieldName;
  readonly help?: ReactNode;
}) {
  const wrong = useForm().complaints(field);
  return (
    <FormHelperText id={`${idOf(field)}-help`} aria-live="polite">
      <HelperText>
        {help !== undefined && <HelperTextItem>{help}</HelperTextItem>}
        {wrong.map((text) => (
          <HelperTextItem key={text} variant="error" className="vp-words">
            {text}
          </HelperTextItem>
        ))}
      </HelperText>
    </FormHelperText>
  );
}

/** What the elements of all fields have alike. */
export function useFieldProps(field: FieldName) {
  const { complaints, touch } = useForm();
  const wrong = complaints(field).length > 0;
  return {
    id: idOf(field),
    validated: wrong ? ("error" as const) : ("default" as const),
    "aria-describedby": `${idOf(field)}-help`,
    "aria-invalid": wrong,
    onBlur: () => touch(field),
  };
}

/** Fields of the draft that are texts. */
type TextName = {
  [K in FieldName]: Draft[K] extends string ? (string extends Draft[K] ? K : never) : never;
}[FieldName];

export interface TextFieldProps extends Omit<FieldProps, "children" | "field"> {
  readonly field: TextName;
  readonly type?: "text" | "password" | "number";
  readonly placeholder?: string;
  /** Offered while one types; other texts are possible. */
  readonly offers?: readonly Offer[];
}

export interface Offer {
  readonly value: string;
  readonly label?: string;
}

/** More than these are not offered at once: one types some letters instead. */
const MOST_OFFERS = 500;

export function TextField({ field, type = "text", placeholder, offers, ...rest }: TextFieldProps) {
  const { draft, change } = useForm();
  const list = offers === undefined ? undefined : `${idOf(field)}-offers`;
  return (
    <Field field={field} {...rest}>
      <TextInput
        {...useFieldProps(field)}
        type={type}
        value={draft[field]}
        onChange={(_, value) => change({ [field]: value })}
        placeholder={placeholder}
        isRequired={rest.isRequired}
        autoComplete={type === "password" ? "new-password" : "off"}
        spellCheck={false}
        list={list}
      />
      {offers !== undefined && (
        <datalist id={list}>
          {offers.slice(0, MOST_OFFERS).map(({ value, label }) => (
            <option key={value} value={value} label={label} />
          ))}
        </datalist>
      )}
    </Field>
  );
}

export interface LinesFieldProps extends Omit<FieldProps, "children" | "field"> {
  readonly field: "sshKeys";
}

/** Several values, one in each line. */
export function LinesField({ field, ...rest }: LinesFieldProps) {
  const { draft, change } = useForm();
  return (
    <Field field={field} {...rest}>
      <TextArea
        {...useFieldProps(field)}
        value={draft[field].join("\n")}
        onChange={(_, value) => change({ [field]: value === "" ? [] : value.split("\n") })}
        resizeOrientation="vertical"
        autoComplete="off"
        spellCheck={false}
        rows={3}
      />
    </Field>
  );
}

export interface ChoiceFieldProps extends Omit<FieldProps, "children"> {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** FormSelectOptions. */
  readonly children: ReactNode;
}

export function ChoiceField({ field, value, onChange, children, ...rest }: ChoiceFieldProps) {
  return (
    <Field field={field} {...rest}>
      <FormSelect {...useFieldProps(field)} value={value} onChange={(_, each) => onChange(each)}>
        {children}
      </FormSelect>
    </Field>
  );
}
