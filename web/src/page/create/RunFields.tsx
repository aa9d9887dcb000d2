/** Network, when the VM runs, and its labels. */
import { Button, Checkbox, FormGroup, FormSelectOption, TextInput } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { useRef } from "react";
import {
  BINDINGS,
  type Binding,
  type Label,
  STRATEGIES,
  type Strategy,
} from "../../model/draft.ts";
import { useTranslation } from "../../text/hook.ts";
import { ChoiceField, FieldHelp, useFieldProps } from "./Field.tsx";
import { useForm } from "./form.ts";

export function NetworkField() {
  const { t } = useTranslation();
  const { draft, change } = useForm();
  return (
    <ChoiceField
      field="binding"
      label={t("Network")}
      help={explainBinding(draft.binding, t)}
      value={draft.binding}
      onChange={(value) => change({ binding: value as Binding })}
    >
      {BINDINGS.map((each) => (
        <FormSelectOption key={each} value={each} label={nameBinding(each, t)} />
      ))}
    </ChoiceField>
  );
}

function nameBinding(binding: Binding, t: TFunction): string {
  const names = {
    masquerade: t("Pod network, masquerade"),
    bridge: t("Pod network, bridge"),
    none: t("No network"),
  };
  return names[binding];
}

function explainBinding(binding: Binding, t: TFunction): string {
  const words = {
    masquerade: t(
      "The guest has a private address; its pod translates. Services work as for pods.",
    ),
    bridge: t("The guest has the pod's own address, by DHCP."),
    none: t("The guest has no network."),
  };
  return words[binding];
}

export function RunFields() {
  const { t } = useTranslation();
  const { draft, change } = useForm();
  const implied = draft.strategy !== "Manual";
  const starts = implied ? draft.strategy !== "Halted" : draft.start;
  return (
    <>
      <ChoiceField
        field="strategy"
        label={t("Run strategy")}
        help={explainStrategy(draft.strategy, t)}
        value={draft.strategy}
        onChange={(value) => change({ strategy: value as Strategy })}
      >
        {STRATEGIES.map((each) => (
          <FormSelectOption key={each} value={each} label={each} />
        ))}
      </ChoiceField>
      <Checkbox
        id="create-start"
        label={t("Start it after creation")}
        description={implied ? t("The run strategy decides that.") : undefined}
        isChecked={starts}
        isDisabled={implied}
        onChange={(_, start) => change({ start })}
      />
    </>
  );
}

function explainStrategy(strategy: Strategy, t: TFunction): string {
  switch (strategy) {
    case "Always":
      return t("It runs until it is stopped; whenever it ends, it is started anew.");
    case "RerunOnFailure":
      return t("It is started anew when it fails, not when the guest shuts down.");
    case "Once":
      return t("It runs once, and stays off when it ends.");
    case "Manual":
      return t("It runs when it is started by hand.");
    case "Halted":
      return t("It is off until it is started.");
  }
}

const MOST_LABELS = 32;

export function LabelFields() {
  const { t } = useTranslation();
  const { draft, change } = useForm();
  const { labels } = draft;
  const set = (index: number, part: Partial<Label>) =>
    change({ labels: labels.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  const props = useFieldProps("labels");
  const added = useRef(false);
  /** Who asks for a label wants to type it. */
  const focusAdded = (input: HTMLInputElement | null) => {
    if (input === null || !added.current) return;
    added.current = false;
    input.focus();
  };
  return (
    <FormGroup role="group" label={t("Labels")} fieldId={props.id}>
      {labels.map(({ key, value }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a label has no other name while it is typed
        <div key={index} className="vp-create-label">
          <TextInput
            {...props}
            id={index === 0 ? props.id : undefined}
            ref={index === labels.length - 1 ? focusAdded : undefined}
            aria-label={t("Key of label {{number}}", { number: index + 1 })}
            placeholder={t("Key")}
            value={key}
            onChange={(_, text) => set(index, { key: text })}
          />
          <TextInput
            {...props}
            id={undefined}
            aria-label={t("Value of label {{number}}", { number: index + 1 })}
            placeholder={t("Value")}
            value={value}
            onChange={(_, text) => set(index, { value: text })}
          />
          <Button
            variant="secondary"
            aria-label={t("Remove label {{number}}", { number: index + 1 })}
            onClick={() => change({ labels: labels.toSpliced(index, 1) })}
          >
            {t("Remove")}
          </Button>
        </div>
      ))}
      <Button
        variant="link"
        isInline
        isDisabled={labels.length >= MOST_LABELS}
        onClick={() => {
          added.current = true;
          change({ labels: [...labels, { key: "", value: "" }] });
        }}
      >
        {t("Add a label")}
      </Button>
      <FieldHelp
        field="labels"
        help={t("Of the VM and of its pod; Services and policies select by them.")}
      />
    </FormGroup>
  );
}
