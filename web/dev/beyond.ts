/** A world whose API serves what virtpod does not have yet: snapshots and migrations. */
import { SERVED } from "./cluster.ts";
import { buildSample } from "./sample.ts";
import { type Json, now, type Store } from "./store.ts";

export const SNAPSHOT = "snapshot.kubevirt.io/virtualmachinesnapshots";
export const MIGRATION = "kubevirt.io/virtualmachineinstancemigrations";

const HOUR = 3600;
const DAY = 86_400;

/** The sample, with snapshots and moves of shop/database in several states, and of others. */
export function buildBeyond(): Store {
  const store = buildSample([...SERVED, SNAPSHOT, MIGRATION]);
  addSnapshots(store);
  addMigrations(store);
  return store;
}

function addSnapshots(store: Store): void {
  const add = (name: string, age: number, status: Json, source = "database") =>
    store.put(SNAPSHOT, buildSnapshot(name, age, source, status));
  add("before-upgrade", 9 * DAY, {
    phase: "Succeeded",
    creationTime: now(9 * DAY - 20),
    readyToUse: true,
    indications: ["Online", "GuestAgent"],
  });
  add("nightly", 40, {
    phase: "InProgress",
    creationTime: null,
    readyToUse: false,
    conditions: [{ type: "Progressing", status: "True", reason: "Source locked" }],
  });
  add("too-slow", 2 * DAY, {
    phase: "Failed",
    readyToUse: false,
    error: { time: now(2 * DAY), message: "snapshot deadline exceeded: 5m0s" },
    conditions: [{ type: "Failure", status: "True", reason: "snapshot deadline exceeded" }],
  });
  add("unsupported", 3 * DAY, {
    phase: "Failed",
    readyToUse: false,
    conditions: [{ type: "Failure", status: "True", reason: "no volume can be snapshotted" }],
  });
  add("just-asked-for", 0, undefined);
  add("old", 30 * DAY, { phase: "Deleting", readyToUse: false });
  add("of-another", DAY, { phase: "Succeeded", readyToUse: true }, "web-1");
}

function buildSnapshot(name: string, age: number, source: string, status: Json): Json {
  return {
    apiVersion: "snapshot.kubevirt.io/v1beta1",
    kind: "VirtualMachineSnapshot",
    metadata: { name, namespace: "shop", creationTimestamp: now(age) },
    spec: { source: { apiGroup: "kubevirt.io", kind: "VirtualMachine", name: source } },
    ...(status === undefined ? {} : { status }),
  };
}

function addMigrations(store: Store): void {
  const add = (name: string, age: number, status: Json, vmiName = "database") =>
    store.put(MIGRATION, buildMigration(name, age, vmiName, status));
  const way = { sourceNode: "node-a", targetNode: "node-b" };
  add("drain-1", 5 * HOUR, {
    phase: "Succeeded",
    migrationState: {
      ...way,
      startTimestamp: now(5 * HOUR),
      endTimestamp: now(5 * HOUR - 30),
      completed: true,
    },
  });
  add("drain-2", 2 * HOUR, {
    phase: "Failed",
    migrationState: {
      ...way,
      startTimestamp: now(2 * HOUR),
      endTimestamp: now(2 * HOUR - 90),
      completed: true,
      failed: true,
      failureReason: "the target pod shut down during the migration",
    },
  });
  add("quota", HOUR, {
    phase: "Pending",
    conditions: [
      {
        type: "migrationRejectedByResourceQuota",
        status: "True",
        message: "exceeded quota: compute, requested: limits.memory=8Gi",
      },
    ],
  });
  add("balance", 20, { phase: "Running", migrationState: { ...way, startTimestamp: now(15) } });
  add("target", 10, { phase: "PreparingTarget" });
  add("of-another", HOUR, { phase: "Succeeded" }, "web-1");
}

function buildMigration(name: string, age: number, vmiName: string, status: Json): Json {
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstanceMigration",
    metadata: { name, namespace: "shop", creationTimestamp: now(age) },
    spec: { vmiName },
    status,
  };
}
