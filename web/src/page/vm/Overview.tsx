/** What the VM is, how it is, and what its guest says of itself. */
import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  Label,
  LabelGroup,
} from "@patternfly/react-core";
import type { ReactNode } from "react";
import {
  countVcpus,
  hasAgent,
  type Machine,
  readMemory,
  readStrategy,
} from "../../model/machine.ts";
import { formatBytes } from "../../model/quantity.ts";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Conditions } from "./Conditions.tsx";
import { Guest } from "./Guest.tsx";

export interface MachineProps {
  readonly machine: Machine;
}

export function Overview({ machine }: MachineProps) {
  const { t } = useTranslation();
  return (
    <div className="vp-vm-cards">
      <Card>
        <CardTitle component="h2">{t("Facts")}</CardTitle>
        <CardBody>
          <Facts machine={machine} />
        </CardBody>
      </Card>
      <Card>
        <CardTitle component="h2">{t("Conditions")}</CardTitle>
        <CardBody>
          <Conditions machine={machine} />
        </CardBody>
      </Card>
      {hasAgent(machine) && (
        <Card className="vp-vm-wide">
          <CardTitle component="h2">{t("Inside the guest")}</CardTitle>
          <CardBody>
            <Guest machine={machine} />
          </CardBody>
        </Card>
      )}
    </div>
  );
}

function Facts({ machine }: MachineProps) {
  const { t, i18n } = useTranslation();
  const { vm, vmi, namespace } = machine;
  const { creationTimestamp, labels, annotations, ownerReferences } = (vm ?? vmi)?.metadata ?? {};
  const addresses = (vmi?.status?.interfaces ?? []).flatMap((each) => each.ipAddresses ?? []);
  const memory = readMemory(machine);
  const owner = vm === undefined ? ownerReferences?.find((each) => each.controller) : undefined;
  const started = vmi?.status?.phaseTransitionTimestamps?.find((each) => each.phase === "Running");
  return (
    <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: "10rem" }}>
      <Fact term={t("Kind")}>
        {vm === undefined ? t("Instance without a VM") : t("Virtual machine")}
      </Fact>
      <Fact term={t("Namespace")}>{namespace}</Fact>
      <Fact term={t("Description")}>{annotations?.description}</Fact>
      <Fact term={t("Belongs to")}>{owner && `${owner.kind} ${owner.name}`}</Fact>
      <Fact term={t("Node")}>{vmi?.status?.nodeName}</Fact>
      <Fact term={t("Addresses")}>{addresses.slice(0, 20).join("\n")}</Fact>
      <Fact term={t("vCPUs")}>{countVcpus(machine)}</Fact>
      <Fact term={t("Memory")}>{formatBytes(memory, i18n.language)}</Fact>
      <Fact term={t("Instance type")}>{nameMatcher(vm?.spec.instancetype)}</Fact>
      <Fact term={t("Preference")}>{nameMatcher(vm?.spec.preference)}</Fact>
      <Fact term={t("Run strategy")}>{readStrategy(vm)}</Fact>
      <Fact term={t("Machine")}>{vmi?.status?.machine?.type}</Fact>
      <Fact term={t("Created")}>{creationTimestamp && <When time={creationTimestamp} />}</Fact>
      <Fact term={t("Runs since")}>
        {started && <When time={started.phaseTransitionTimestamp} />}
      </Fact>
      <Fact term={t("Labels")}>{labels && <Labels labels={labels} />}</Fact>
    </DescriptionList>
  );
}

/** Nothing where there is nothing to say. */
export function Fact({ term, children }: { readonly term: string; readonly children?: ReactNode }) {
  if (children === undefined || children === null || children === "") return null;
  return (
    <DescriptionListGroup>
      <DescriptionListTerm>{term}</DescriptionListTerm>
      <DescriptionListDescription className="vp-words">{children}</DescriptionListDescription>
    </DescriptionListGroup>
  );
}

function nameMatcher(matcher?: { readonly name?: string; readonly revisionName?: string }) {
  return matcher?.name ?? matcher?.revisionName;
}

function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  const { t } = useTranslation();
  const entries = Object.entries(labels);
  return (
    <LabelGroup
      aria-label={t("Labels")}
      numLabels={10}
      collapsedText={t("{{count}} more", { count: entries.length - 10 })}
      expandedText={t("Show fewer")}
    >
      {entries.map(([key, value]) => (
        <Label key={key} variant="outline">
          {value === "" ? key : `${key}=${value}`}
        </Label>
      ))}
    </LabelGroup>
  );
}
