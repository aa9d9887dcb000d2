/** Worlds to look at: a small cluster with VMs in every state, and large ones. */

import { buildClaims, buildCluster, SERVED } from "./cluster.ts";
import {
  buildEvent,
  buildPod,
  buildStatus,
  buildVm,
  buildVmi,
  EVENT,
  POD,
  VM,
  VMI,
  type Wanted,
} from "./machine.ts";
import { type Json, now, Store } from "./store.ts";

/** A VM, the word and the sentence that its status has, and the node it runs on. */
type Line = readonly [Wanted, string, string, string?];

const HALTED = "runStrategy is Halted; start the VM with: kubectl virt start";
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const LINES: readonly Line[] = [
  [{ name: "tiny", namespace: "default", ageSeconds: 4 * MINUTE }, "Running", "", "node-a"],
  [
    {
      name: "database",
      namespace: "shop",
      cores: 4,
      memory: "8Gi",
      ageSeconds: 40 * DAY,
      labels: { app: "database", tier: "backend" },
      networks: ["storage-lan"],
      volumes: [
        { name: "root", persistentVolumeClaim: { claimName: "database-root" } },
        { name: "data", persistentVolumeClaim: { claimName: "database-data" } },
        { name: "seed", cloudInitNoCloud: { userData: "#cloud-config\n" } },
      ],
    },
    "Running",
    "",
    "node-b",
  ],
  ...["web-1", "web-2", "web-3"].map(
    (name, index): Line => [
      {
        name,
        namespace: "shop",
        instancetype: "u1.small",
        ageSeconds: (12 + index) * DAY,
        labels: { app: "web", tier: "frontend" },
      },
      "Running",
      "",
      index === 1 ? "node-a" : "node-b",
    ],
  ),
  [
    { name: "batch", namespace: "shop", strategy: "RerunOnFailure", cores: 2, ageSeconds: 3 * DAY },
    "Stopped",
    "runStrategy RerunOnFailure leaves a VM off that was shut down; start it with: kubectl virt start batch",
  ],
  [
    { name: "mail", namespace: "shop", cores: 2, memory: "4Gi", ageSeconds: 9 * DAY },
    "Paused",
    "the guest is paused; let it go on with: kubectl virt unpause mail",
    "node-a",
  ],
  [
    { name: "huge", namespace: "lab", cores: 64, memory: "512Gi", ageSeconds: 20 * MINUTE },
    "ErrorUnschedulable",
    "no node takes the VM: 0/3 nodes are available: 3 Insufficient memory; see: kubectl describe vmi huge",
  ],
  [
    {
      name: "no-claim",
      namespace: "lab",
      ageSeconds: 2 * HOUR,
      volumes: [{ name: "root", persistentVolumeClaim: { claimName: "not-there" } }],
    },
    "ErrorPvcNotFound",
    "PersistentVolumeClaim not-there does not exist; create it, and the VM starts",
  ],
  [
    {
      name: "no-image",
      namespace: "lab",
      ageSeconds: HOUR,
      volumes: [{ name: "root", containerDisk: { image: "registry.example/missing:1" } }],
    },
    "ImagePullBackOff",
    "registry.example/missing:1 cannot be pulled; correct the image's name or pull policy, or give the VM's pod the right to pull it",
  ],
  [
    { name: "crasher", namespace: "lab", ageSeconds: 5 * HOUR },
    "CrashLoopBackOff",
    "failed 3 times in a row: the guest crashed; the next try is at 12:00, or at once when the VM is edited; see: kubectl logs crasher",
  ],
  [
    {
      name: "import",
      namespace: "lab",
      ageSeconds: 90,
      volumes: [{ name: "root", dataVolume: { name: "import-root" } }],
    },
    "Provisioning",
    "DataVolume import-root is not filled yet: ImportInProgress, 42.0%",
  ],
  [
    { name: "waiting", namespace: "lab", ageSeconds: 10 * MINUTE },
    "WaitingForVolumeBinding",
    "PersistentVolumeClaim waiting-root is not bound to a volume yet; see: kubectl describe pvc waiting-root",
  ],
  [{ name: "once", namespace: "lab", strategy: "Once", ageSeconds: DAY }, "Stopped", HALTED],
  [
    { name: "by-hand", namespace: "lab", strategy: "Manual", ageSeconds: 6 * DAY },
    "Stopped",
    HALTED,
  ],
  [
    { name: "a-name-that-is-as-long-as-names-may-become-and-then-a-bit-xyz", namespace: "lab" },
    "Running",
    "",
    "node-b",
  ],
  ...Array.from({ length: 12 }, (_, index): Line => {
    const running = index % 3 !== 2;
    const wanted = {
      name: `runner-${index + 1}`,
      namespace: "ci",
      strategy: running ? "Always" : "Halted",
      instancetype: index % 2 === 0 ? "u1.medium" : "u1.small",
      ageSeconds: (index + 1) * 7 * HOUR,
      labels: { app: "runner", pool: index % 2 === 0 ? "large" : "small" },
    };
    return [
      wanted,
      running ? "Running" : "Stopped",
      running ? "" : HALTED,
      running ? "node-a" : undefined,
    ];
  }),
];

/** What somebody might write to run a script in the page of another. */
const EVIL = `<img src=x onerror="alert('evil')">`;

export function buildEmpty(): Store {
  return buildCluster(new Store(SERVED));
}

/** About 30 VMs in several namespaces, in all states. */
export function buildSample(kinds: readonly string[] = SERVED): Store {
  const store = buildClaims(buildCluster(new Store(kinds)));
  LINES.forEach(([wanted, word, sentence, node], index) => {
    addVm(store, wanted, word, sentence, node, `10.244.${1 + (index % 2)}.${20 + index}`);
  });
  addEvil(store);
  return store;
}

/** So many VMs, two of three running. */
export function buildMany(count: number): Store {
  const store = buildCluster(new Store(SERVED));
  for (let index = 0; index < count; index++) {
    const running = index % 3 !== 2;
    const wanted = {
      name: `vm-${String(index).padStart(5, "0")}`,
      namespace: ["default", "shop", "lab", "ci"][index % 4] as string,
      strategy: running ? "Always" : "Halted",
      labels: { app: `app-${index % 50}` },
      ageSeconds: index * 60,
    };
    const ip = `10.${244 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
    const node = running ? `node-${"abc"[index % 3]}` : undefined;
    addVm(store, wanted, running ? "Running" : "Stopped", running ? "" : HALTED, node, ip);
  }
  return store;
}

/** Changes random VMs, so many per second, until it is called off. */
export function churn(store: Store, perSecond: number): () => void {
  const vms = store.list(VM);
  let next = 0;
  const timer = setInterval(() => {
    const vm = store.find(VM, vms[next]?.metadata.namespace, vms[next]?.metadata.name ?? "");
    next = (next + 7919) % vms.length;
    if (vm === undefined) return;
    const word = vm.status.printableStatus === "Running" ? "Paused" : "Running";
    store.put(VM, { ...vm, status: { ...vm.status, printableStatus: word } });
  }, 1000 / perSecond);
  return () => clearInterval(timer);
}

function addVm(
  store: Store,
  wanted: Wanted,
  word: string,
  sentence: string,
  node: string | undefined,
  ip: string,
): Json {
  const vm = store.put(VM, buildVm(wanted));
  const age = wanted.ageSeconds ?? HOUR;
  let vmi: Json | undefined;
  if (node !== undefined) {
    const made = buildVmi(vm, node, ip, Math.min(age, 3 * DAY));
    if (word === "Paused") {
      made.status.conditions.push({ type: "Paused", status: "True", reason: "PausedByUser" });
    }
    vmi = store.put(VMI, made);
    store.put(POD, buildPod(vmi));
    store.put(
      EVENT,
      buildEvent(vmi, "Normal", "Started", "the guest was started", Math.min(age, HOUR)),
    );
  } else if (word !== "Stopped") {
    store.put(EVENT, buildEvent(vm, "Warning", word, sentence, 5 * MINUTE));
  }
  return store.put(VM, { ...vm, status: buildStatus(vm, word, sentence, vmi) });
}

function addEvil(store: Store): void {
  const wanted = { name: "evil", namespace: "lab", labels: { app: "evil" }, ageSeconds: 2 * DAY };
  const vm = addVm(store, wanted, "Running", "", "node-b", "10.244.2.66");
  const vmi = store.find(VMI, "lab", "evil");
  const guestOSInfo = { name: EVIL, prettyName: EVIL, kernelRelease: EVIL, version: EVIL };
  store.put(VMI, { ...vmi, status: { ...vmi.status, guestOSInfo } });
  store.put(EVENT, buildEvent(vmi, "Warning", "Evil", `${EVIL} \u202eright to left`, 30));
  const annotations = { description: EVIL, since: now() };
  store.put(VM, { ...vm, metadata: { ...vm.metadata, annotations } });
}
