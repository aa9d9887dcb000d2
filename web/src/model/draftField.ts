/** Which field of the form an answer of the API server is about; pure. */
import { type FieldName, isRecord } from "./draft.ts";
import { CLOUD_INIT_VOLUME } from "./draftBuild.ts";
import { type FieldCause, parseFieldPath, type Step } from "./fieldPath.ts";

/** The longest prefix that a path begins with says the field. */
const FIELDS: readonly (readonly [prefix: string, field: FieldName])[] = [
  ["metadata.name", "name"],
  ["metadata.namespace", "namespace"],
  ["metadata.labels", "labels"],
  ["spec.template.metadata.labels", "labels"],
  ["spec.instancetype", "instancetype"],
  ["spec.preference", "preference"],
  ["spec.runStrategy", "strategy"],
  ["spec.running", "strategy"],
  ["spec.dataVolumeTemplates", "uploadSize"],
  ["spec.dataVolumeTemplates.0.spec.storage.storageClassName", "uploadClass"],
  ["spec.template.spec.domain.cpu", "cpus"],
  ["spec.template.spec.domain.resources.requests.cpu", "cpus"],
  ["spec.template.spec.domain.resources.limits.cpu", "cpus"],
  ["spec.template.spec.domain.memory", "memory"],
  ["spec.template.spec.domain.resources", "memory"],
  ["spec.template.spec.domain.firmware.kernelBoot", "kernelImage"],
  ["spec.template.spec.domain.firmware.kernelBoot.kernelArgs", "kernelArgs"],
  ["spec.template.spec.domain.firmware.kernelBoot.container.kernelPath", "kernelPath"],
  ["spec.template.spec.domain.firmware.kernelBoot.container.initrdPath", "initrdPath"],
  ["spec.template.spec.domain.devices.interfaces", "binding"],
  ["spec.template.spec.networks", "binding"],
];

const VOLUME_FIELDS: Readonly<Record<string, FieldName>> = {
  containerDisk: "image",
  persistentVolumeClaim: "claim",
  dataVolume: "uploadSize",
  cloudInitNoCloud: "user",
};

/** The field, or null for what the form does not show. */
export function findFormField(path: string, vm: unknown): FieldName | null {
  const steps = parseFieldPath(path);
  const volume = findVolume(steps, vm);
  if (volume !== null) return nameVolumeField(volume);
  const text = steps.join(".");
  let best: (typeof FIELDS)[number] | null = null;
  for (const each of FIELDS) {
    const begins = text === each[0] || text.startsWith(`${each[0]}.`);
    if (begins && each[0].length > (best?.[0].length ?? 0)) best = each;
  }
  return best?.[1] ?? null;
}

/** The volume of a path into volumes, or into the disks, which have their volumes' names. */
function findVolume(steps: readonly Step[], vm: unknown): Record<string, unknown> | null {
  const path = steps.join(".");
  const lists = /^spec\.template\.spec\.(volumes|domain\.devices\.disks)\.([0-9]+)/.exec(path);
  if (lists === null) return null;
  const volumes = readList(vm, ["spec", "template", "spec", "volumes"]);
  const index = Number(lists[2]);
  if (lists[1] === "volumes") return volumes[index] ?? null;
  const disk = readList(vm, ["spec", "template", "spec", "domain", "devices", "disks"])[index];
  return volumes.find((each) => each.name === disk?.name) ?? null;
}

function nameVolumeField(volume: Record<string, unknown>): FieldName | null {
  if (volume.name === CLOUD_INIT_VOLUME) return "user";
  const kind = Object.keys(VOLUME_FIELDS).find((each) => each in volume);
  return kind === undefined ? null : (VOLUME_FIELDS[kind] ?? null);
}

function readList(object: unknown, keys: readonly string[]): Record<string, unknown>[] {
  let here = object;
  for (const key of keys) here = isRecord(here) ? here[key] : undefined;
  return Array.isArray(here) ? here.filter(isRecord) : [];
}

export interface Sorted {
  readonly fields: Readonly<Partial<Record<FieldName, readonly string[]>>>;
  /** What no field of the form stands for. */
  readonly rest: readonly FieldCause[];
}

/** Puts each complaint at its field. */
export function sortCauses(causes: readonly FieldCause[], vm: unknown): Sorted {
  const fields: Partial<Record<FieldName, string[]>> = {};
  const rest: FieldCause[] = [];
  for (const cause of causes) {
    const field = findFormField(cause.field, vm);
    if (field === null) {
      rest.push(cause);
      continue;
    }
    fields[field] = [...(fields[field] ?? []), cause.message];
  }
  return { fields, rest };
}
