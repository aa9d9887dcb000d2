/** The kinds that pages show. */
import type { Resource } from "./api.ts";

/* @__NO_SIDE_EFFECTS__ */ function define(
  group: string,
  version: string,
  plural: string,
  kind: string,
  namespaced = true,
) {
  return { group, version, plural, kind, namespaced } satisfies Resource;
}

const KUBEVIRT = "kubevirt.io";
const INSTANCETYPE = "instancetype.kubevirt.io";

export const VMS = define(KUBEVIRT, "v1", "virtualmachines", "VirtualMachine");
export const VMIS = define(KUBEVIRT, "v1", "virtualmachineinstances", "VirtualMachineInstance");
export const MIGRATIONS = define(
  KUBEVIRT,
  "v1",
  "virtualmachineinstancemigrations",
  "VirtualMachineInstanceMigration",
);
export const SNAPSHOTS = define(
  "snapshot.kubevirt.io",
  "v1beta1",
  "virtualmachinesnapshots",
  "VirtualMachineSnapshot",
);
export const INSTANCETYPES = define(
  INSTANCETYPE,
  "v1beta1",
  "virtualmachineinstancetypes",
  "VirtualMachineInstancetype",
);
export const CLUSTER_INSTANCETYPES = define(
  INSTANCETYPE,
  "v1beta1",
  "virtualmachineclusterinstancetypes",
  "VirtualMachineClusterInstancetype",
  false,
);
export const PREFERENCES = define(
  INSTANCETYPE,
  "v1beta1",
  "virtualmachinepreferences",
  "VirtualMachinePreference",
);
export const CLUSTER_PREFERENCES = define(
  INSTANCETYPE,
  "v1beta1",
  "virtualmachineclusterpreferences",
  "VirtualMachineClusterPreference",
  false,
);
export const DATA_VOLUMES = define("cdi.kubevirt.io", "v1beta1", "datavolumes", "DataVolume");
export const NETWORK_ATTACHMENTS = define(
  "k8s.cni.cncf.io",
  "v1",
  "network-attachment-definitions",
  "NetworkAttachmentDefinition",
);
export const NAMESPACES = define("", "v1", "namespaces", "Namespace", false);
export const NODES = define("", "v1", "nodes", "Node", false);
export const PODS = define("", "v1", "pods", "Pod");
export const EVENTS = define("", "v1", "events", "Event");
export const SECRETS = define("", "v1", "secrets", "Secret");
export const CLAIMS = define("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
export const STORAGE_CLASSES = define(
  "storage.k8s.io",
  "v1",
  "storageclasses",
  "StorageClass",
  false,
);
