/** Which cluster of the user's kubeconfig is shown; nothing where there is one alone. */
import { FormSelect, FormSelectOption } from "@patternfly/react-core";
import { useId } from "react";
import type { ContextChoice } from "../data/api.ts";
import { useTranslation } from "../text/hook.ts";

export function ContextPicker({ contexts }: { readonly contexts?: ContextChoice }) {
  const { t } = useTranslation();
  const id = useId();
  if (contexts === undefined || contexts.names.length < 2) return null;
  return (
    <div className="vp-choice">
      <label htmlFor={id}>{t("Context of your kubeconfig")}</label>
      <FormSelect
        id={id}
        value={contexts.current}
        onChange={(_, name) => {
          if (name !== contexts.current) contexts.choose(name);
        }}
      >
        {contexts.names.map((name) => (
          <FormSelectOption key={name} value={name} label={name} />
        ))}
      </FormSelect>
    </div>
  );
}
