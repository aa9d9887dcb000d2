/** Disks and networks of a VM: the spec's words joined with what the status knows. Pure. */
import type {
  Disk,
  InstanceSpec,
  Interface,
  Network,
  VirtualMachineInstance,
  Volume,
} from "./kubevirt.ts";
import { parseQuantity } from "./quantity.ts";

/** What a volume is made of; "other" has a kind that is not known here. */
export type Source =
  | "image"
  | "claim"
  | "dataVolume"
  | "empty"
  | "cloudInit"
  | "configMap"
  | "secret"
  | "other"
  | "none";

export interface DiskRow {
  readonly name: string;
  readonly kind: "disk" | "cdrom" | "lun";
  readonly bus: string;
  readonly source: Source;
  /** Name of the image, claim, …; "" where there is none. */
  readonly detail: string;
  readonly readOnly: boolean;
  readonly bootOrder: number | null;
  /** Bytes; NaN where nobody has said. */
  readonly size: number;
  /** As the guest may have it, such as vda; "" while it does not run. */
  readonly target: string;
}

/** One row for each disk, in the spec's order. */
export function listDisks(spec: InstanceSpec | undefined, vmi?: VirtualMachineInstance): DiskRow[] {
  const volumes = new Map(spec?.volumes?.map((each) => [each.name, each]));
  const told = new Map(vmi?.status?.volumeStatus?.map((each) => [each.name, each]));
  return (spec?.domain.devices?.disks ?? []).map((disk) => {
    const volume = volumes.get(disk.name);
    const status = told.get(disk.name);
    const capacity = status?.persistentVolumeClaimInfo?.capacity?.storage;
    return {
      name: disk.name,
      ...readDevice(disk),
      ...readSource(volume),
      bootOrder: disk.bootOrder ?? null,
      size: parseQuantity(status?.size ?? capacity ?? volume?.emptyDisk?.capacity),
      target: status?.target ?? "",
    };
  });
}

function readDevice({ disk, cdrom, lun }: Disk): Pick<DiskRow, "kind" | "bus" | "readOnly"> {
  const target = cdrom ?? lun ?? disk;
  const kind = cdrom !== undefined ? "cdrom" : lun !== undefined ? "lun" : "disk";
  return { kind, bus: target?.bus ?? "", readOnly: target?.readonly ?? kind === "cdrom" };
}

function readSource(volume: Volume | undefined): Pick<DiskRow, "source" | "detail"> {
  if (volume === undefined) return { source: "none", detail: "" };
  const { containerDisk, persistentVolumeClaim, dataVolume, configMap, secret } = volume;
  if (containerDisk) return { source: "image", detail: containerDisk.image };
  if (persistentVolumeClaim) return { source: "claim", detail: persistentVolumeClaim.claimName };
  if (dataVolume) return { source: "dataVolume", detail: dataVolume.name };
  if (volume.emptyDisk) return { source: "empty", detail: "" };
  if (volume.cloudInitNoCloud ?? volume.cloudInitConfigDrive) {
    return { source: "cloudInit", detail: "" };
  }
  if (configMap) return { source: "configMap", detail: configMap.name ?? "" };
  if (secret) return { source: "secret", detail: secret.secretName ?? "" };
  return { source: "other", detail: Object.keys(volume).find((each) => each !== "name") ?? "" };
}

export interface NetworkRow {
  readonly name: string;
  /** "pod", or the name of a NetworkAttachmentDefinition. */
  readonly network: string;
  /** masquerade, bridge, …; "" where the spec leaves it open. */
  readonly binding: string;
  readonly model: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  /** Inside the guest, as its agent tells. */
  readonly guestName: string;
  readonly link: string;
  readonly ports: readonly string[];
}

/** One row for each interface of the spec, and for each that only the guest knows. */
export function listNetworks(
  spec: InstanceSpec | undefined,
  vmi?: VirtualMachineInstance,
): NetworkRow[] {
  const networks = new Map(spec?.networks?.map((each) => [each.name, each]));
  const told = vmi?.status?.interfaces ?? [];
  const interfaces = spec?.domain.devices?.interfaces ?? [];
  const own = interfaces.map((each) => joinNetwork(each, networks.get(each.name), told));
  const names = new Set(interfaces.map((each) => each.name));
  const others = told.filter((each) => each.name === undefined || !names.has(each.name));
  return [
    ...own,
    ...others.map((each) => joinNetwork({ name: each.name ?? "" }, undefined, [each])),
  ];
}

type InterfaceTold = NonNullable<NonNullable<VirtualMachineInstance["status"]>["interfaces"]>;

function joinNetwork(
  spec: Interface,
  network: Network | undefined,
  told: InterfaceTold,
): NetworkRow {
  const status = told.find((each) => (each.name ?? "") === spec.name);
  const single = status?.ipAddress === undefined ? [] : [status.ipAddress];
  return {
    name: spec.name,
    network: network?.multus?.networkName ?? (network === undefined ? "" : "pod"),
    binding: readBinding(spec),
    model: spec.model ?? "",
    mac: status?.mac ?? spec.macAddress ?? "",
    addresses: status?.ipAddresses ?? single,
    guestName: status?.interfaceName ?? "",
    link: status?.linkState ?? spec.state ?? "",
    ports: (spec.ports ?? []).map((each) => `${each.port}/${each.protocol ?? "TCP"}`),
  };
}

function readBinding({ masquerade, bridge, sriov, binding }: Interface): string {
  if (masquerade) return "masquerade";
  if (bridge) return "bridge";
  if (sriov) return "sriov";
  return binding?.name ?? "";
}
