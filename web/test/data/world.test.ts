/** The world in memory is what pages are tried in: it has to be like an API server in what counts. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { buildBeyond } from "../../dev/beyond.ts";
import { NODES as NODE_NAMES } from "../../dev/cluster.ts";
import { buildMany, buildSample } from "../../dev/sample.ts";
import { Server, type User } from "../../dev/server.ts";
import type { Store } from "../../dev/store.ts";
import { Verbs } from "../../dev/verb.ts";
import { ApiError, type KubeObject, type Resource } from "../../src/data/api.ts";
import { buildVerbPath } from "../../src/data/path.ts";
import {
  MIGRATIONS,
  NODES,
  PODS,
  SECRETS,
  SNAPSHOTS,
  VMIS,
  VMS,
} from "../../src/data/resources.ts";
import { Rest } from "../../src/data/rest.ts";
import type { VirtualMachine } from "../../src/model/kubevirt.ts";
import { isServed } from "../../src/page/vm/served.ts";

let store: Store;
const controller = new AbortController();
const { signal } = controller;
after(() => controller.abort());

beforeEach(() => {
  store = buildSample();
});

function connect(user: User = "admin") {
  const server = new Server(store, new Verbs(store, NODE_NAMES), user);
  return { server, api: new Rest(server) };
}

function isApiError(code: number) {
  return (error: unknown) => error instanceof ApiError && error.code === code;
}

/** Waits until a VM has a status. */
async function until(api: Rest, name: string, word: string): Promise<void> {
  const { items, resourceVersion } = await api.list<VirtualMachine>(VMS);
  const is = (vm: KubeObject) =>
    vm.metadata.name === name && (vm as VirtualMachine).status?.printableStatus === word;
  if (items.some(is)) return;
  for await (const event of api.watch<VirtualMachine>(VMS, { resourceVersion }, signal)) {
    if (event.type !== "BOOKMARK" && is(event.object)) return;
  }
}

test("it has about 30 VMs in many states, as list and as table", async () => {
  const { api } = connect();
  const { items } = await api.list<VirtualMachine>(VMS);
  const table = await api.table(VMS);
  assert.ok(items.length >= 25);
  assert.equal(table.rows.length, items.length);
  assert.ok(new Set(items.map(({ status }) => status?.printableStatus)).size >= 8);
  const names = table.columns.map(({ name }) => name);
  const status = names.indexOf("Status");
  assert.deepEqual(names.slice(0, 4), ["Name", "Age", "Status", "Ready"]);
  assert.equal(table.rows[0]?.cells[status], items[0]?.status?.printableStatus);
  assert.equal((await api.list(VMIS, { namespace: "shop" })).items.length, 5);
});

test("selectors select", async () => {
  const { api } = connect();
  const count = async (labelSelector: string, fieldSelector?: string) =>
    (await api.list(VMS, { labelSelector, fieldSelector })).items.length;
  assert.equal(await count("tier=frontend"), 3);
  assert.equal(await count("tier in (frontend, backend)"), 4);
  assert.equal(await count("tier,tier!=backend"), 3);
  assert.equal(await count("!tier"), (await count("")) - 4);
  assert.equal(await count("", "metadata.name=tiny"), 1);
});

test("a start and a stop go through the states of the real thing", {
  timeout: 20_000,
}, async () => {
  const { api } = connect();
  const path = (verb: string) => buildVerbPath("virtualmachines", "lab", "by-hand", verb);
  await api.call({ method: "PUT", path: path("start"), body: {} });
  await until(api, "by-hand", "Starting");
  await until(api, "by-hand", "Running");
  await api.get(VMIS, "by-hand", { namespace: "lab" });
  await api.get(PODS, "by-hand", { namespace: "lab" });
  await assert.rejects(api.call({ method: "PUT", path: path("start"), body: {} }), isApiError(409));
  await api.call({ method: "PUT", path: path("stop"), body: {} });
  await until(api, "by-hand", "Stopped");
  await assert.rejects(api.get(VMIS, "by-hand", { namespace: "lab" }), isApiError(404));
});

test("what is created starts, and what is deleted goes", { timeout: 20_000 }, async () => {
  const { api } = connect();
  const [model] = (await api.list<VirtualMachine>(VMS, { fieldSelector: "metadata.name=tiny" }))
    .items;
  const metadata = { name: "new", namespace: "ci" };
  const vm = { metadata, spec: model?.spec } as VirtualMachine;
  await api.create(VMS, vm, { dryRun: true });
  await assert.rejects(api.get(VMS, "new", { namespace: "ci" }), isApiError(404));
  await api.create(VMS, vm);
  await assert.rejects(api.create(VMS, vm), isApiError(409));
  await until(api, "new", "Running");
  const { resourceVersion } = await api.list(VMS);
  await api.delete(VMS, "new", { namespace: "ci" });
  for await (const event of api.watch(VMS, { namespace: "ci", resourceVersion }, signal)) {
    if (event.type === "DELETED") break;
  }
  await assert.rejects(api.get(VMS, "new", { namespace: "ci" }), isApiError(404));
});

test("an old version cannot be written, nor watched from", async () => {
  const { api } = connect();
  const vm = await api.get<VirtualMachine>(VMS, "batch", { namespace: "shop" });
  const patch = { metadata: { labels: { x: "y" } } };
  await api.patch(VMS, "batch", patch, { namespace: "shop" });
  await assert.rejects(api.replace(VMS, vm), isApiError(409));
  store = buildMany(1000);
  const watch = connect().api.watch(VMS, { resourceVersion: "1" }, signal);
  const read = async () => {
    for await (const event of watch) assert.equal(event.type, "BOOKMARK");
  };
  await assert.rejects(read(), isApiError(410));
});

test("mistakes are refused at their field", async () => {
  const { api } = connect();
  const patch = [{ op: "add", path: "/spec/template/spec/domain/cpu", value: { cores: 0 } }];
  await assert.rejects(
    api.patch(VMS, "tiny", patch, { namespace: "default", kind: "json", dryRun: true }),
    (error) =>
      error instanceof ApiError &&
      error.code === 422 &&
      error.causes[0]?.field === "spec.template.spec.domain.cpu.cores",
  );
});

test("users have their rights and no others", async () => {
  const { api } = connect("view");
  await api.list(VMS);
  await assert.rejects(api.list(SECRETS), isApiError(403));
  await assert.rejects(api.delete(VMS, "tiny", { namespace: "default" }), isApiError(403));
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const ask = (verb: string) =>
    api.call({
      method: "POST",
      path,
      body: { spec: { resourceAttributes: { verb, resource: "virtualmachines" } } },
    });
  const allowed = async (verb: string) =>
    ((await ask(verb)) as { status: { allowed: boolean } }).status.allowed;
  assert.deepEqual([await allowed("list"), await allowed("delete")], [true, false]);
});

test("a kind that is not served is 404, and discovery does not tell of it", async () => {
  const { api } = connect("view");
  const ask = ({ group, version, plural }: Resource) =>
    isServed(api, `${group}/${version}`, plural);
  await assert.rejects(api.list(MIGRATIONS), isApiError(404));
  assert.deepEqual(
    [await ask(VMS), await ask(SNAPSHOTS), await ask(MIGRATIONS)],
    [true, false, false],
  );
});

test("a cluster beyond virtpod's serves snapshots and migrations", async () => {
  store = buildBeyond();
  const { api } = connect("view");
  for (const resource of [SNAPSHOTS, MIGRATIONS]) {
    const { group, version, plural } = resource;
    assert.equal(await isServed(api, `${group}/${version}`, plural), true);
    assert.ok((await api.list(resource, { namespace: "shop" })).items.length >= 5);
  }
});

test("offline, calls are code 0, and watches break; the end of a session is 401", async () => {
  const { api, server } = connect();
  const { resourceVersion } = await api.list(NODES);
  const watch = (async () => {
    for await (const event of api.watch(NODES, { resourceVersion }, signal)) {
      if (event.type === "BOOKMARK") server.setOnline(false);
    }
  })();
  await assert.rejects(watch, isApiError(0));
  await assert.rejects(api.list(NODES), isApiError(0));
  server.setOnline(true);
  await api.list(NODES);
  server.endSession();
  await assert.rejects(api.list(NODES), isApiError(401));
});
