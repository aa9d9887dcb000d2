/** What is around the VMs: nodes, namespaces, claims, classes, networks, sizes. */
import { type Json, now, type Store } from "./store.ts";

const SIZES = "instancetype.kubevirt.io";

/** The kinds that the world's API serves; migrations and snapshots are told 404. */
export const SERVED = [
  "kubevirt.io/virtualmachines",
  "kubevirt.io/virtualmachineinstances",
  "kubevirt.io/virtualmachineinstancereplicasets",
  `${SIZES}/virtualmachineinstancetypes`,
  `${SIZES}/virtualmachineclusterinstancetypes`,
  `${SIZES}/virtualmachinepreferences`,
  `${SIZES}/virtualmachineclusterpreferences`,
  "cdi.kubevirt.io/datavolumes",
  "k8s.cni.cncf.io/network-attachment-definitions",
  "storage.k8s.io/storageclasses",
  "/namespaces",
  "/nodes",
  "/pods",
  "/events",
  "/services",
  "/secrets",
  "/configmaps",
  "/persistentvolumeclaims",
] as const;

export const NODES = ["node-a", "node-b"];
const DAY = 86_400;

function build(
  apiVersion: string,
  kind: string,
  name: string,
  namespace: string,
  rest: Json,
): Json {
  const where = namespace === "" ? {} : { namespace };
  const metadata = { name, ...where, creationTimestamp: now(50 * DAY) };
  return { apiVersion, kind, ...rest, metadata: { ...metadata, ...rest.metadata } };
}

export function buildCluster(store: Store): Store {
  for (const name of ["default", "shop", "lab", "ci", "kube-system", "virt-system"]) {
    const metadata = { labels: { "kubernetes.io/metadata.name": name } };
    store.put(
      "/namespaces",
      build("v1", "Namespace", name, "", { metadata, status: { phase: "Active" } }),
    );
  }
  store.put("/nodes", buildNode("node-a", true, "16", "64Gi"));
  store.put("/nodes", buildNode("node-b", true, "32", "128Gi"));
  store.put("/nodes", buildNode("node-c", false, "8", "32Gi"));
  const sizes: readonly [string, number, string][] = [
    ["u1.nano", 1, "512Mi"],
    ["u1.small", 1, "2Gi"],
    ["u1.medium", 1, "4Gi"],
    ["u1.large", 2, "8Gi"],
    ["cx1.xlarge", 4, "8Gi"],
  ];
  for (const [name, guest, memory] of sizes) {
    const spec = { cpu: { guest }, memory: { guest: memory } };
    const kind = "VirtualMachineClusterInstancetype";
    const object = build(`${SIZES}/v1beta1`, kind, name, "", { spec });
    store.put(`${SIZES}/virtualmachineclusterinstancetypes`, object);
  }
  for (const name of ["alpine", "debian", "fedora", "windows.11"]) {
    const spec = {
      devices: { preferredDiskBus: "virtio" },
      requirements: { memory: { guest: "512Mi" } },
    };
    const object = build(`${SIZES}/v1beta1`, "VirtualMachineClusterPreference", name, "", { spec });
    store.put(`${SIZES}/virtualmachineclusterpreferences`, object);
  }
  return store;
}

export function buildClaims(store: Store): Store {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  store.put(
    "storage.k8s.io/storageclasses",
    build("storage.k8s.io/v1", "StorageClass", "local", "", {
      metadata: { annotations },
      provisioner: "local.example/disk",
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
    }),
  );
  addClaim(store, "shop", "database-root", "20Gi", "Bound");
  addClaim(store, "shop", "database-data", "200Gi", "Bound");
  addClaim(store, "lab", "waiting-root", "10Gi", "Pending");
  addClaim(store, "lab", "nobodys", "5Gi", "Bound");
  store.put(
    "cdi.kubevirt.io/datavolumes",
    build("cdi.kubevirt.io/v1beta1", "DataVolume", "import-root", "lab", {
      spec: {
        source: { http: { url: "https://images.example/cloud.qcow2" } },
        storage: { resources: { requests: { storage: "10Gi" } } },
      },
      status: { phase: "ImportInProgress", progress: "42.0%", claimName: "import-root" },
    }),
  );
  const config = JSON.stringify({ cniVersion: "1.0.0", type: "bridge", bridge: "br-storage" });
  store.put(
    "k8s.cni.cncf.io/network-attachment-definitions",
    build("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition", "storage-lan", "shop", {
      spec: { config },
    }),
  );
  store.put(
    "/services",
    build("v1", "Service", "web", "shop", {
      spec: {
        type: "ClusterIP",
        clusterIP: "10.96.0.20",
        selector: { app: "web" },
        ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }],
      },
    }),
  );
  const keys = { "id.pub": btoa("ssh-ed25519 AAAA admin@example") };
  store.put("/secrets", build("v1", "Secret", "ssh-keys", "shop", { type: "Opaque", data: keys }));
  return store;
}

function addClaim(
  store: Store,
  namespace: string,
  name: string,
  size: string,
  phase: string,
): void {
  const bound = phase === "Bound";
  store.put(
    "/persistentvolumeclaims",
    build("v1", "PersistentVolumeClaim", name, namespace, {
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "local",
        volumeMode: "Filesystem",
        volumeName: bound ? `pv-${name}` : undefined,
        resources: { requests: { storage: size } },
      },
      status: { phase, capacity: bound ? { storage: size } : undefined },
    }),
  );
}

function buildNode(name: string, ready: boolean, cpu: string, memory: string): Json {
  const capacity = { cpu, memory, pods: "110", "devices.kubevirt.io/kvm": "1000" };
  const condition = {
    type: "Ready",
    status: ready ? "True" : "Unknown",
    reason: ready ? "KubeletReady" : "NodeStatusUnknown",
    message: ready ? "kubelet is posting ready status" : "Kubelet stopped posting node status.",
    lastTransitionTime: now(ready ? 50 * DAY : 600),
  };
  const labels = {
    "kubernetes.io/hostname": name,
    "kubevirt.io/schedulable": String(ready),
    ...(ready ? { "virtpod.io/kvm": "true" } : {}),
  };
  return build("v1", "Node", name, "", {
    metadata: { labels },
    spec: ready ? {} : { unschedulable: true },
    status: {
      capacity,
      allocatable: capacity,
      conditions: [condition],
      addresses: [{ type: "InternalIP", address: "192.0.2.10" }],
      nodeInfo: {
        architecture: "amd64",
        kernelVersion: "6.12.0",
        osImage: "Debian GNU/Linux 13",
        kubeletVersion: "v1.35.0",
        containerRuntimeVersion: "containerd://2.1.4",
      },
    },
  });
}
