/** What will be created, written as YAML instead of by the form. */
import { ActionGroup, Alert, Button } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { useMemo, useRef } from "react";
import type { Manifest, Manifests } from "../../model/draftBuild.ts";
import type { FieldCause } from "../../model/fieldPath.ts";
import { useTranslation } from "../../text/hook.ts";
import { ProblemList } from "../../yaml/ProblemList.tsx";
import { MOST_PROBLEMS, type Problem, type ReadText, readYaml } from "../../yaml/text.ts";
import { useUnsaved } from "../../yaml/useUnsaved.tsx";
import { YamlEditor, type YamlEditorHandle } from "../../yaml/YamlEditor.tsx";
import { useDryRun, type Verdict } from "./useDryRun.ts";
import { useOrder } from "./useOrder.ts";
import { VerdictNote } from "./VerdictNote.tsx";

export interface YamlModeProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** Whether the text is the form's own: then nothing is lost by leaving. */
  readonly pristine: boolean;
  readonly denied: string | null;
}

export function YamlMode({ text, onChange, pristine, denied }: YamlModeProps) {
  const { t } = useTranslation();
  const read = useMemo(() => readYaml(text), [text]);
  const picked = useMemo(() => pickManifests(read, t), [read, t]);
  const manifests = "vm" in picked ? picked : null;
  const verdict = useDryRun(manifests);
  const ordering = useOrder();
  const question = useUnsaved(!pristine && !ordering.busy);
  const editor = useRef<YamlEditorHandle>(null);
  const problems = useMemo(
    () => ("problems" in picked ? picked.problems : placeCauses(read, picked, verdict)),
    [picked, read, verdict],
  );
  const rest = [...verdict.causes, ...verdict.secretCauses].filter(({ field }) => field === "");
  return (
    <div className="vp-yaml-part">
      {question}
      <Alert
        variant="info"
        isInline
        isPlain
        component="p"
        title={t("This text is not kept when the page is reloaded.")}
      />
      <YamlEditor
        ref={editor}
        label={t("YAML of what will be created")}
        value={text}
        onChange={onChange}
        problems={problems}
      />
      <ProblemList problems={problems} onGoTo={(offset) => editor.current?.goTo(offset)} />
      <VerdictNote verdict={verdict} rest={manifests === null ? [] : rest} error={ordering.error} />
      <ActionGroup>
        <Button
          isDisabled={denied !== null || manifests === null || ordering.busy}
          isLoading={ordering.busy}
          onClick={() => manifests !== null && ordering.order(manifests, false)}
        >
          {t("Create")}
        </Button>
      </ActionGroup>
    </div>
  );
}

type Picked = Manifests | { readonly problems: readonly Problem[] };

/** One VM, and perhaps its Secret: nothing else can be created here. */
export function pickManifests(read: ReadText, t: TFunction): Picked {
  if (read.problems.some(({ severity }) => severity === "error"))
    return { problems: read.problems };
  const problems: Problem[] = [];
  const found: { vm?: Manifest; secret?: Manifest } = {};
  for (const object of read.objects) {
    const slot = slotOf(object);
    if (slot === null || found[slot] !== undefined) {
      problems.push(
        read.locate(
          object,
          "kind",
          t("Only one VirtualMachine and one Secret can be created here."),
        ),
      );
    } else if (!isNamed(object)) {
      problems.push(
        read.locate(object, "metadata", t("It needs a name and a namespace in its metadata.")),
      );
    } else {
      found[slot] = object as Manifest;
    }
  }
  const { vm, secret = null } = found;
  if (vm === undefined && problems.length === 0) {
    problems.push(read.locate(null, "", t("There is no VirtualMachine yet.")));
  }
  return vm === undefined || problems.length > 0 ? { problems } : { vm, secret };
}

function slotOf({ apiVersion, kind }: Record<string, unknown>): "vm" | "secret" | null {
  if (apiVersion === "kubevirt.io/v1" && kind === "VirtualMachine") return "vm";
  return apiVersion === "v1" && kind === "Secret" ? "secret" : null;
}

function isNamed({ metadata }: Record<string, unknown>): boolean {
  const { name, namespace } = (metadata ?? {}) as Record<string, unknown>;
  return [name, namespace].every((each) => typeof each === "string" && each !== "");
}

/** The API server's complaints at their lines. */
function placeCauses(read: ReadText, manifests: Manifests, verdict: Verdict): Problem[] {
  const place = (object: unknown) => (cause: FieldCause) =>
    read.locate(object, cause.field, `${cause.field}: ${cause.message}`);
  const named = ({ field }: FieldCause) => field !== "";
  return [
    ...verdict.secretCauses.filter(named).map(place(manifests.secret)),
    ...verdict.causes.filter(named).map(place(manifests.vm)),
  ].slice(0, MOST_PROBLEMS);
}
