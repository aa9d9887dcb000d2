/** How large the VM is: by an instancetype or by own numbers; and the preference. */
import { FormGroup, FormSelectOption, FormSelectOptionGroup, Radio } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import type { KubeObject, Resource } from "../../data/api.ts";
import { type Live, useLive } from "../../data/live.ts";
import {
  CLUSTER_INSTANCETYPES,
  CLUSTER_PREFERENCES,
  INSTANCETYPES,
  PREFERENCES,
} from "../../data/resources.ts";
import type { Choice } from "../../model/draft.ts";
import type { Instancetype, Preference, Quantity } from "../../model/kubevirt.ts";
import { formatBytes, parseQuantity } from "../../model/quantity.ts";
import { useTranslation } from "../../text/hook.ts";
import { ChoiceField, TextField } from "./Field.tsx";
import { useForm } from "./form.ts";

export function SizeFields() {
  const { t } = useTranslation();
  const { draft, change } = useForm();
  const own = draft.sizedBy === "own";
  return (
    <>
      <FormGroup role="radiogroup" label={t("Size")} fieldId="create-size" isInline>
        <Radio
          id="create-size-own"
          name="create-size"
          label={t("Own numbers")}
          isChecked={own}
          onChange={() => change({ sizedBy: "own" })}
        />
        <Radio
          id="create-size-instancetype"
          name="create-size"
          label={t("By instance type")}
          isChecked={!own}
          onChange={() => change({ sizedBy: "instancetype" })}
        />
      </FormGroup>
      {own ? <OwnSize /> : <InstancetypeField />}
      <PreferenceField />
    </>
  );
}

function OwnSize() {
  const { t } = useTranslation();
  return (
    <>
      <TextField field="cpus" type="number" label={t("CPUs")} isRequired />
      <TextField
        field="memory"
        label={t("Memory")}
        help={t("With a unit: 512Mi, 2Gi.")}
        isRequired
      />
    </>
  );
}

function useCatalogue<T extends KubeObject>(cluster: Resource, own: Resource) {
  const { namespace } = useForm().draft;
  return {
    cluster: useLive<T>(cluster),
    own: useLive<T>(namespace === "" ? undefined : own, { namespace }),
  };
}

function InstancetypeField() {
  const { t, i18n } = useTranslation();
  const { draft, change } = useForm();
  const catalogue = useCatalogue<Instancetype>(CLUSTER_INSTANCETYPES, INSTANCETYPES);
  const describe = ({ spec }: Instancetype) =>
    describeSize(spec.cpu?.guest, spec.memory?.guest, i18n.language, t);
  return (
    <Catalogue
      field="instancetype"
      label={t("Instance type")}
      none={t("Choose one")}
      help={t("It says the CPUs and the memory.")}
      chosen={draft.instancetype}
      onChoose={(instancetype) => change({ instancetype })}
      describe={describe}
      isRequired
      {...catalogue}
    />
  );
}

function PreferenceField() {
  const { t, i18n } = useTranslation();
  const { draft, change } = useForm();
  const catalogue = useCatalogue<Preference>(CLUSTER_PREFERENCES, PREFERENCES);
  const describe = ({ spec }: Preference) => {
    const { cpu, memory } = spec.requirements ?? {};
    const needed = describeSize(cpu?.guest, memory?.guest, i18n.language, t);
    return needed === "" ? "" : t("needs {{size}}", { size: needed });
  };
  return (
    <Catalogue
      field="preference"
      label={t("Preference")}
      none={t("None")}
      help={t("It says what the guest runs best with, as its buses and its firmware.")}
      chosen={draft.preference}
      onChoose={(preference) => change({ preference })}
      describe={describe}
      {...catalogue}
    />
  );
}

function describeSize(
  cpus: number | undefined,
  memory: Quantity | undefined,
  language: string,
  t: TFunction,
): string {
  const parts = [
    cpus === undefined ? "" : t("{{count}} CPUs", { count: cpus }),
    memory === undefined ? "" : formatBytes(parseQuantity(memory), language),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

interface CatalogueProps<T extends KubeObject> {
  readonly field: "instancetype" | "preference";
  readonly label: string;
  readonly none: string;
  readonly help: string;
  readonly chosen: Choice | null;
  readonly onChoose: (choice: Choice | null) => void;
  readonly describe: (item: T) => string;
  readonly cluster: Live<T>;
  readonly own: Live<T>;
  readonly isRequired?: boolean;
}

function Catalogue<T extends KubeObject>(props: CatalogueProps<T>) {
  const { t } = useTranslation();
  const { field, label, none, help, chosen, onChoose, describe, cluster, own, isRequired } = props;
  const scopes = [
    { scope: "own", items: own.items, title: t("Of this namespace") },
    { scope: "cluster", items: cluster.items, title: t("Of the cluster") },
  ];
  const value = chosen === null ? "" : spell(chosen);
  const known = scopes.some(({ scope, items }) =>
    items.some(({ metadata }) => `${scope}/${metadata.name}` === value),
  );
  const refused = cluster.error ?? own.error;
  return (
    <ChoiceField
      field={field}
      label={label}
      help={
        refused === undefined ? help : `${help} ${t("Not all can be listed:")} ${refused.message}`
      }
      isRequired={isRequired}
      value={value}
      onChange={(each) => onChoose(read(each))}
    >
      <FormSelectOption value="" label={none} />
      {!known && chosen !== null && <FormSelectOption value={value} label={chosen.name} />}
      {scopes.map(({ scope, items, title }) => (
        <FormSelectOptionGroup key={scope} label={title}>
          {items.map((item) => (
            <FormSelectOption
              key={item.metadata.name}
              value={`${scope}/${item.metadata.name}`}
              label={[item.metadata.name, describe(item)].filter(Boolean).join(" — ")}
            />
          ))}
        </FormSelectOptionGroup>
      ))}
    </ChoiceField>
  );
}

const spell = ({ scope, name }: Choice) => `${scope === "cluster" ? "cluster" : "own"}/${name}`;

function read(value: string): Choice | null {
  const [scope, name] = value.split("/");
  return name === undefined ? null : { scope: scope === "cluster" ? "cluster" : "namespace", name };
}
