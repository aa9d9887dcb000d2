/** The form, with what will be created beside it. */
import { ActionGroup, Button, Form, FormSection } from "@patternfly/react-core";
import type { FormEvent } from "react";
import type { Draft, FieldName } from "../../model/draft.ts";
import type { Keeping } from "../../model/draftBuild.ts";
import { useTranslation } from "../../text/hook.ts";
import { AccessFields } from "./AccessFields.tsx";
import { FormProvider, type FormState, idOf } from "./form.ts";
import { IdentityFields } from "./IdentityFields.tsx";
import { Preview } from "./Preview.tsx";
import { LabelFields, NetworkField, RunFields } from "./RunFields.tsx";
import { SizeFields } from "./SizeFields.tsx";
import { SourceFields } from "./SourceFields.tsx";
import { useChecking } from "./useChecking.ts";
import type { Change } from "./useDraft.ts";
import { VerdictNote } from "./VerdictNote.tsx";

export interface FormModeProps {
  readonly draft: Draft;
  readonly change: Change;
  readonly keeping: Keeping;
  /** Why Secrets are not possible; null: they are. */
  readonly secretReason: string | null;
  /** Why nothing can be created here; null: it can. */
  readonly denied: string | null;
}

export function FormMode(props: FormModeProps) {
  const { draft, change, keeping, secretReason, denied } = props;
  const { t } = useTranslation();
  const checking = useChecking(draft, keeping);
  const { verdict, faults, ordering } = checking;
  const state: FormState = { draft, change, secretReason, ...checking };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    checking.attempt();
    const first = Object.keys(faults)[0] as FieldName | undefined;
    if (first !== undefined) document.getElementById(idOf(first))?.focus();
    else ordering.order(checking.manifests, draft.strategy === "Manual" && draft.start);
  };
  return (
    <FormProvider value={state}>
      <div className="vp-create">
        <Form onSubmit={submit} noValidate aria-label={t("New virtual machine")}>
          <IdentityFields />
          <FormSection title={t("Boot")} titleElement="h2">
            <SourceFields />
          </FormSection>
          <FormSection title={t("CPUs and memory")} titleElement="h2">
            <SizeFields />
          </FormSection>
          <FormSection title={t("Logging in")} titleElement="h2">
            <AccessFields />
          </FormSection>
          <FormSection title={t("Network and running")} titleElement="h2">
            <NetworkField />
            <RunFields />
            <LabelFields />
          </FormSection>
          <VerdictNote verdict={verdict} rest={checking.rest} error={ordering.error} />
          <ActionGroup>
            <Button
              type="submit"
              isDisabled={denied !== null || ordering.busy}
              isLoading={ordering.busy}
            >
              {t("Create")}
            </Button>
          </ActionGroup>
        </Form>
        <Preview draft={draft} keeping={keeping} />
      </div>
    </FormProvider>
  );
}
