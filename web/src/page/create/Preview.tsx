/** Exactly what will be created, as YAML; what nobody should read over a shoulder is covered. */
import { Checkbox, CodeBlock, CodeBlockCode, Title } from "@patternfly/react-core";
import { useMemo, useState } from "react";
import type { Draft } from "../../model/draft.ts";
import { buildManifests, type Keeping, type Manifests } from "../../model/draftBuild.ts";
import { useTranslation } from "../../text/hook.ts";
import { writeYaml } from "../../yaml/text.ts";

const COVER = "••••••••";

export function listManifests({ secret, vm }: Manifests) {
  return secret === null ? [vm] : [secret, vm];
}

export function Preview({ draft, keeping }: { readonly draft: Draft; readonly keeping: Keeping }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const text = useMemo(() => {
    const covered = open || draft.password === "" ? draft : { ...draft, password: COVER };
    return writeYaml(...listManifests(buildManifests(covered, keeping)));
  }, [draft, keeping, open]);
  return (
    <section className="vp-create-preview" aria-label={t("What will be created")}>
      <Title headingLevel="h2" size="lg">
        {t("What will be created")}
      </Title>
      {draft.password !== "" && (
        <Checkbox
          id="create-uncover"
          label={t("Show the password")}
          isChecked={open}
          onChange={(_, checked) => setOpen(checked)}
        />
      )}
      <CodeBlock>
        <CodeBlockCode tabIndex={0} dir="ltr" aria-label={t("YAML of what will be created")}>
          {text}
        </CodeBlockCode>
      </CodeBlock>
    </section>
  );
}
