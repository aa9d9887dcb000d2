/** Who may log in to the guest: what cloud-init is told. */
import { Alert } from "@patternfly/react-core";
import { nameSecret } from "../../model/draftBuild.ts";
import { useTranslation } from "../../text/hook.ts";
import { LinesField, TextField } from "./Field.tsx";
import { useForm } from "./form.ts";

export function AccessFields() {
  const { t } = useTranslation();
  const { draft, secretReason } = useForm();
  return (
    <>
      <p>
        {t("For guests with cloud-init, as images of most distributions. Others do not read it.")}
      </p>
      <TextField field="user" label={t("User")} help={t("Empty: the image's own default user.")} />
      <TextField
        field="password"
        type="password"
        label={t("Password")}
        help={t("It is forgotten when this page is reloaded.")}
      />
      <LinesField
        field="sshKeys"
        label={t("SSH keys")}
        help={t("Public keys, one in each line. They are forgotten when this page is reloaded.")}
      />
      {secretReason === null ? (
        <p>
          {t(
            "What cloud-init is told goes into the Secret {{name}}, which is deleted with the VM.",
            {
              name: draft.name === "" ? "…" : nameSecret(draft),
            },
          )}
        </p>
      ) : (
        <Alert
          variant="warning"
          isInline
          component="p"
          title={t(
            "What cloud-init is told will stand in the VM itself, readable for all who may see it.",
          )}
        >
          {t("Your rights do not allow Secrets in this namespace.")} {secretReason}
        </Alert>
      )}
    </>
  );
}
