/** What the VM boots from. */
import { FormGroup, FormSelect, FormSelectOption, Radio } from "@patternfly/react-core";
import { useLive } from "../../data/live.ts";
import { CLAIMS, STORAGE_CLASSES } from "../../data/resources.ts";
import type { Draft, Source } from "../../model/draft.ts";
import { nameUpload } from "../../model/draftBuild.ts";
import type { Claim } from "../../model/kubevirt.ts";
import { useTranslation } from "../../text/hook.ts";
import { TextField } from "./Field.tsx";
import { useForm } from "./form.ts";
import { useServed } from "./useServed.ts";

const CDI = "/apis/cdi.kubevirt.io/v1beta1";

export function SourceFields() {
  const { t } = useTranslation();
  const { draft, change } = useForm();
  const cdi = useServed(CDI);
  const name = (source: Source, label: string, description: string, isDisabled = false) => (
    <Radio
      id={`create-source-${source}`}
      name="create-source"
      label={label}
      description={description}
      isChecked={draft.source === source}
      isDisabled={isDisabled}
      onChange={() => change({ source })}
    />
  );
  return (
    <>
      <FormGroup role="radiogroup" label={t("Boots from")} fieldId="create-source" isStack>
        {name(
          "container",
          t("Container disk"),
          t("A disk within a container image. What the guest writes is lost when it stops."),
        )}
        {name("claim", t("Volume claim"), t("A disk on a claim that is there already."))}
        {name(
          "upload",
          t("Upload"),
          cdi === false
            ? t(
                "Not possible here: the cluster has no Containerized Data Importer (CDI) to take it.",
              )
            : t("A new disk that waits for an image from your machine."),
          cdi !== true,
        )}
        {name(
          "kernel",
          t("Kernel"),
          t("A Linux kernel from a container image, without a boot loader."),
        )}
      </FormGroup>
      <Details source={draft.source} />
    </>
  );
}

function Details({ source }: { readonly source: Source }) {
  switch (source) {
    case "container":
      return <ContainerFields />;
    case "claim":
      return <ClaimField />;
    case "upload":
      return <UploadFields />;
    case "kernel":
      return <KernelFields />;
  }
}

/** Images that every cluster with virtpod has. */
const IMAGES = [
  { value: "localhost/virtpod/tiny:latest" },
  { value: "localhost/virtpod/debian:latest" },
];

function ContainerFields() {
  const { t } = useTranslation();
  return (
    <>
      <TextField
        field="image"
        label={t("Container image")}
        help={t("It holds one raw or qcow2 file in /disk.")}
        placeholder="registry.example/name:tag"
        offers={IMAGES}
        isRequired
      />
      <PullPolicy />
    </>
  );
}

function PullPolicy() {
  const { t } = useTranslation();
  const { draft, change } = useForm();
  return (
    <FormGroup label={t("Pull the image")} fieldId="create-pull">
      <FormSelect
        id="create-pull"
        value={draft.pullPolicy}
        onChange={(_, value) => change({ pullPolicy: value as Draft["pullPolicy"] })}
      >
        <FormSelectOption value="" label={t("As its tag says: always for latest")} />
        <FormSelectOption value="IfNotPresent" label={t("If the node does not have it")} />
        <FormSelectOption value="Always" label={t("Always")} />
        <FormSelectOption value="Never" label={t("Never")} />
      </FormSelect>
    </FormGroup>
  );
}

function ClaimField() {
  const { t } = useTranslation();
  const { namespace } = useForm().draft;
  const live = useLive<Claim>(namespace === "" ? undefined : CLAIMS, { namespace });
  const offers = live.items.map(({ metadata, status }) => ({
    value: metadata.name,
    label: [metadata.name, status?.capacity?.storage, status?.phase].filter(Boolean).join(", "),
  }));
  const known = live.state === "live" || live.state === "stale";
  return (
    <TextField
      field="claim"
      label={t("Claim")}
      help={
        known
          ? t("The namespace has {{count}} claims to choose from.", { count: offers.length })
          : t("A PersistentVolumeClaim of the namespace.")
      }
      offers={offers}
      isRequired
    />
  );
}

function UploadFields() {
  const { t } = useTranslation();
  const { draft } = useForm();
  const live = useLive(STORAGE_CLASSES);
  const offers = live.items.map(({ metadata }) => ({ value: metadata.name }));
  return (
    <>
      <TextField
        field="uploadSize"
        label={t("Size of the disk")}
        help={t("Not less than the image's own size.")}
        isRequired
      />
      <TextField
        field="uploadClass"
        label={t("Storage class")}
        help={t("Empty: the cluster's default.")}
        offers={offers}
      />
      <p>
        {t("Once the VM is created, send the image; the VM starts when it has arrived:")}{" "}
        <code className="vp-words">
          {`virtctl image-upload dv ${nameUpload(draft)} --namespace ${draft.namespace} --no-create --image-path=…`}
        </code>
      </p>
    </>
  );
}

function KernelFields() {
  const { t } = useTranslation();
  return (
    <>
      <TextField field="kernelImage" label={t("Container image")} offers={IMAGES} isRequired />
      <TextField
        field="kernelPath"
        label={t("Path of the kernel")}
        placeholder="/boot/vmlinuz"
        isRequired
      />
      <TextField
        field="initrdPath"
        label={t("Path of the initial RAM disk")}
        placeholder="/boot/initrd"
      />
      <TextField field="kernelArgs" label={t("Kernel command line")} placeholder="console=ttyS0" />
      <PullPolicy />
    </>
  );
}
