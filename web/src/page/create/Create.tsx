/** Making a virtual machine: by a form, or as YAML; both show what the API server thinks of it. */
import {
  Alert,
  Button,
  List,
  ListItem,
  ToggleGroup,
  ToggleGroupItem,
} from "@patternfly/react-core";
import { useState } from "react";
import { useNamespace } from "../../app/query.ts";
import { useSession } from "../../data/context.tsx";
import { SECRETS, VMS } from "../../data/resources.ts";
import { useRights } from "../../data/rights.ts";
import type { Draft } from "../../model/draft.ts";
import { buildManifests, type Keeping } from "../../model/draftBuild.ts";
import { type Reading, readManifests } from "../../model/draftRead.ts";
import { PageFrame } from "../../part/PageFrame.tsx";
import { useTranslation } from "../../text/hook.ts";
import { readYaml, writeYaml } from "../../yaml/text.ts";
import { FormMode } from "./FormMode.tsx";
import { listManifests } from "./Preview.tsx";
import { useDraft } from "./useDraft.ts";
import { pickManifests, YamlMode } from "./YamlMode.tsx";
import "./create.css";

/** The text of the YAML mode, and what it was when the form wrote it. */
interface Written {
  readonly text: string;
  readonly original: string;
}

export default function Create() {
  const { t } = useTranslation();
  const home = useSession().namespace;
  const namespace = useNamespace() ?? home;
  const { draft, change, setDraft } = useDraft(namespace);
  const [written, setWritten] = useState<Written | null>(null);
  const [reading, setReading] = useState<Reading | null>(null);
  const { keeping, secretReason, denied } = useAllowed(draft.namespace);
  const write = () => {
    const text = writeYaml(...listManifests(buildManifests(draft, keeping)));
    setWritten({ text, original: text });
  };
  const takeBack = (next: Draft) => {
    setDraft(next);
    setReading(null);
    setWritten(null);
  };
  const readBack = () => {
    if (written === null) return;
    if (written.text === written.original) return takeBack(draft);
    const picked = pickManifests(readYaml(written.text), t);
    if (!("vm" in picked)) return;
    const found = readManifests(picked.vm, picked.secret);
    const { example, start } = draft;
    const back = { ...found, draft: { ...found.draft, example, start } };
    if (back.lost.length === 0) takeBack(back.draft);
    else setReading(back);
  };
  return (
    <PageFrame
      title={t("New virtual machine")}
      breadcrumb={[{ label: t("Virtual machines"), href: "/vms" }]}
    >
      {denied !== null && (
        <Alert
          variant="warning"
          isInline
          component="p"
          title={t("Your rights do not allow new VMs in the namespace {{namespace}}.", {
            namespace: draft.namespace,
          })}
        >
          {denied}
        </Alert>
      )}
      <ToggleGroup className="vp-create-mode" aria-label={t("How to write it")}>
        <ToggleGroupItem
          text={t("Form")}
          buttonId="create-by-form"
          isSelected={written === null}
          onChange={readBack}
        />
        <ToggleGroupItem
          text={t("YAML")}
          buttonId="create-by-yaml"
          isSelected={written !== null}
          onChange={() => written === null && write()}
        />
      </ToggleGroup>
      {reading !== null && (
        <Lost
          paths={reading.lost}
          onBack={() => takeBack(reading.draft)}
          onStay={() => setReading(null)}
        />
      )}
      {written === null ? (
        <FormMode {...{ draft, change, keeping, secretReason, denied }} />
      ) : (
        <YamlMode
          text={written.text}
          pristine={written.text === written.original}
          onChange={(text) => setWritten({ ...written, text })}
          denied={denied}
        />
      )}
    </PageFrame>
  );
}

/** What the user may do in the namespace; what nobody knows yet is tried. */
function useAllowed(namespace: string) {
  const { t } = useTranslation();
  const [vms, secrets] = useRights([
    { verb: "create", resource: VMS, namespace },
    { verb: "create", resource: SECRETS, namespace },
  ]);
  const keeping: Keeping = secrets?.state === "denied" ? "inline" : "secret";
  return {
    keeping,
    secretReason: secrets?.state === "denied" ? secrets.reason : null,
    denied: vms?.state === "denied" ? vms.reason || t("Ask who gives rights in it.") : null,
  };
}

interface LostProps {
  readonly paths: readonly string[];
  readonly onBack: () => void;
  readonly onStay: () => void;
}

/** The form cannot show all that the text says. */
function Lost({ paths, onBack, onStay }: LostProps) {
  const { t } = useTranslation();
  return (
    <Alert
      variant="warning"
      isInline
      component="p"
      role="alert"
      title={t("The form cannot show all of this. It would lose:")}
      actionLinks={
        <>
          <Button variant="secondary" onClick={onStay}>
            {t("Stay with YAML")}
          </Button>
          <Button variant="link" onClick={onBack}>
            {t("To the form without these")}
          </Button>
        </>
      }
    >
      <List isPlain>
        {paths.slice(0, 30).map((path) => (
          <ListItem key={path}>
            <code className="vp-words">{path}</code>
          </ListItem>
        ))}
      </List>
    </Alert>
  );
}
