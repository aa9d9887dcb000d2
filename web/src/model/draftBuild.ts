/**
 * From the form to the manifests: in shape and names as `kubectl virt create vm` prints them, plus
 * what a form asks for besides (network, labels, a Secret for what cloud-init is told).
 */
import type { KubeObject } from "../data/api.ts";
import type { Choice, Draft } from "./draft.ts";

/** An object of Kubernetes as it is on the wire. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What is created: first the Secret, if there is one, so that the VM finds it. */
export interface Manifests {
  readonly vm: Manifest;
  readonly secret: Manifest | null;
}
export type Manifest = KubeObject & JsonObject;

/** Where cloud-init's data go: into a Secret of the VM, or, without that right, into the VM. */
export type Keeping = "secret" | "inline";

export const CLOUD_INIT_VOLUME = "cloudinitdisk";
export const GRACE_SECONDS = 180;
const NETWORK = "default";
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function buildManifests(draft: Draft, keeping: Keeping): Manifests {
  const text = buildUserData(draft);
  const secret = text !== "" && keeping === "secret" ? buildSecret(draft, text) : null;
  return { vm: buildVm(draft, buildCloudInit(draft, text, keeping)), secret };
}

/** Name of the Secret with what cloud-init is told. */
export function nameSecret(draft: Draft): string {
  return `${draft.name}-cloudinit`;
}

/** A #cloud-config, or nothing; JSON's strings are YAML's as well. */
export function buildUserData(draft: Draft): string {
  const keys = draft.sshKeys.map((key) => key.trim()).filter((key) => key !== "");
  const lines = [
    ...(draft.user === "" ? [] : [`user: ${JSON.stringify(draft.user)}`]),
    ...(draft.password === "" ? [] : listPassword(draft.password)),
    ...(keys.length === 0 ? [] : ["ssh_authorized_keys:"]),
    ...keys.map((key) => `  - ${JSON.stringify(key)}`),
  ];
  return lines.length === 0 ? "" : ["#cloud-config", ...lines, ""].join("\n");
}

function listPassword(password: string): string[] {
  return [`password: ${JSON.stringify(password)}`, "chpasswd: {expire: false}"];
}

function buildSecret(draft: Draft, text: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: nameSecret(draft), ...placeIn(draft) },
    type: "Opaque",
    stringData: { userdata: text },
  };
}

function buildCloudInit(draft: Draft, text: string, keeping: Keeping): JsonObject[] {
  if (text === "") return [];
  const source: JsonObject =
    keeping === "secret" ? { secretRef: { name: nameSecret(draft) } } : { userData: text };
  return [{ name: CLOUD_INIT_VOLUME, cloudInitNoCloud: source }];
}

function buildVm(draft: Draft, cloudInit: readonly JsonObject[]): Manifest {
  const labels = Object.fromEntries(draft.labels.map(({ key, value }) => [key, value]));
  const labelled = draft.labels.length > 0 ? { labels } : {};
  const volumes = [...buildBootVolume(draft), ...cloudInit];
  const templates = draft.source === "upload" ? [buildUpload(draft)] : [];
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachine",
    metadata: { name: draft.name, ...placeIn(draft), ...labelled },
    spec: {
      ...(templates.length > 0 ? { dataVolumeTemplates: templates } : {}),
      ...matchSize(draft),
      ...(draft.preference === null
        ? {}
        : { preference: buildMatcher("Preference", draft.preference) }),
      runStrategy: draft.strategy,
      template: {
        ...(draft.labels.length > 0 ? { metadata: { labels } } : {}),
        spec: {
          domain: buildDomain(draft, volumes),
          ...(draft.binding === "none" ? {} : { networks: [{ name: NETWORK, pod: {} }] }),
          terminationGracePeriodSeconds: GRACE_SECONDS,
          ...(volumes.length > 0 ? { volumes } : {}),
        },
      },
    },
  };
}

function placeIn(draft: Draft): { namespace?: string } {
  return draft.namespace === "" ? {} : { namespace: draft.namespace };
}

function matchSize(draft: Draft): JsonObject {
  if (draft.sizedBy === "own" || draft.instancetype === null) return {};
  return { instancetype: buildMatcher("Instancetype", draft.instancetype) };
}

/** The kind is said, so that nobody needs to know which one is meant without it. */
function buildMatcher(family: "Instancetype" | "Preference", choice: Choice): JsonObject {
  const scope = choice.scope === "cluster" ? "Cluster" : "";
  return { kind: `VirtualMachine${scope}${family}`, name: choice.name };
}

function buildDomain(draft: Draft, volumes: readonly JsonObject[]): JsonObject {
  const own = draft.sizedBy === "own";
  return {
    ...(own ? { cpu: { cores: readCount(draft.cpus) }, memory: { guest: draft.memory } } : {}),
    devices: { ...listDisks(draft, volumes), ...listInterfaces(draft) },
    ...(draft.source === "kernel" ? { firmware: { kernelBoot: buildKernel(draft) } } : {}),
  };
}

/** A number as a number; what is none goes to the API server as it is, which says so. */
function readCount(text: string): number | string {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : text;
}

/** Without a preference disks are on virtio: the cluster's own default, SATA, is far slower. */
function listDisks(draft: Draft, volumes: readonly JsonObject[]): JsonObject {
  if (draft.preference !== null || volumes.length === 0) return {};
  return { disks: volumes.map(({ name }) => ({ name, disk: { bus: "virtio" } })) };
}

function listInterfaces(draft: Draft): JsonObject {
  if (draft.binding === "none") return { autoattachPodInterface: false };
  return { interfaces: [{ name: NETWORK, [draft.binding]: {} }] };
}

function buildBootVolume(draft: Draft): JsonObject[] {
  if (draft.source === "container") {
    const source = { image: draft.image, ...pull(draft) };
    return [{ name: nameVolume(`${draft.name}-containerdisk-0`), containerDisk: source }];
  }
  if (draft.source === "claim") {
    const source = { claimName: draft.claim };
    return [{ name: nameVolume(draft.claim), persistentVolumeClaim: source }];
  }
  if (draft.source === "upload") {
    const name = nameUpload(draft);
    return [{ name: nameVolume(name), dataVolume: { name } }];
  }
  return [];
}

/** A volume's name is a DNS label, which the name of a VM or of a claim need not be. */
function nameVolume(wish: string): string {
  return DNS_LABEL.test(wish) ? wish : "boot";
}

/** Name of the DataVolume that waits for an upload, and of its claim. */
export function nameUpload(draft: Draft): string {
  return `${draft.name}-upload-0`;
}

function buildUpload(draft: Draft): JsonObject {
  const place = draft.uploadClass === "" ? {} : { storageClassName: draft.uploadClass };
  const resources = { requests: { storage: draft.uploadSize } };
  return {
    metadata: { name: nameUpload(draft) },
    spec: { source: { upload: {} }, storage: { ...place, resources } },
  };
}

function buildKernel(draft: Draft): JsonObject {
  return {
    ...(draft.kernelArgs === "" ? {} : { kernelArgs: draft.kernelArgs }),
    container: {
      image: draft.kernelImage,
      ...pull(draft),
      ...(draft.kernelPath === "" ? {} : { kernelPath: draft.kernelPath }),
      ...(draft.initrdPath === "" ? {} : { initrdPath: draft.initrdPath }),
    },
  };
}

function pull(draft: Draft): { imagePullPolicy?: string } {
  return draft.pullPolicy === "" ? {} : { imagePullPolicy: draft.pullPolicy };
}
