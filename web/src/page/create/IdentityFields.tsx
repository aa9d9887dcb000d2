/** What to begin with, and the name. */
import { FormGroup, FormSelect, FormSelectOption } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { useLive } from "../../data/live.ts";
import { NAMESPACES } from "../../data/resources.ts";
import { EXAMPLES, takeExample } from "../../model/draft.ts";
import { useTranslation } from "../../text/hook.ts";
import { TextField } from "./Field.tsx";
import { useForm } from "./form.ts";

export function IdentityFields() {
  const { t } = useTranslation();
  const namespaces = useLive(NAMESPACES).items.map(({ metadata }) => ({ value: metadata.name }));
  return (
    <>
      <ExampleField />
      <TextField field="name" label={t("Name")} isRequired />
      <TextField field="namespace" label={t("Namespace")} offers={namespaces} isRequired />
    </>
  );
}

function ExampleField() {
  const { t } = useTranslation();
  const { draft, change } = useForm();
  return (
    <FormGroup label={t("Begin with")} fieldId="create-example">
      <FormSelect
        id="create-example"
        value={draft.example}
        onChange={(_, id) => change(takeExample(draft, id))}
      >
        <FormSelectOption value="" label={t("No example")} />
        {EXAMPLES.map(({ id }) => (
          <FormSelectOption key={id} value={id} label={nameExample(id, t)} />
        ))}
      </FormSelect>
    </FormGroup>
  );
}

function nameExample(id: string, t: TFunction): string {
  switch (id) {
    case "tiny":
      return t("A tiny Linux, on a container disk");
    case "sized":
      return t("The same, sized by an instance type");
    case "kernel":
      return t("The same, booted from its kernel");
    case "debian":
      return t("Debian, with cloud-init");
    default:
      return id;
  }
}
