import assert from "node:assert/strict";
import { test } from "node:test";
import { type Api, ApiError, type KubeObject, type Resource } from "../../src/data/api.ts";
import { clearTasks, readTasks } from "../../src/data/tasks.ts";
import { EMPTY_DRAFT } from "../../src/model/draft.ts";
import { buildManifests } from "../../src/model/draftBuild.ts";
import { createVm } from "../../src/page/create/submit.ts";

const t = ((key: string) => key) as never;
const DRAFT = { ...EMPTY_DRAFT, name: "a", namespace: "ns", image: "x", password: "geheim" };

/** Writes down what is asked; refuses what `refuse` says. */
function record(refuse: string = "") {
  const calls: string[] = [];
  const note = async (verb: string, what: string) => {
    calls.push(`${verb} ${what}`);
    if (refuse === `${verb} ${what}`) throw new ApiError(422, "refused", "Invalid");
  };
  const bodies: unknown[] = [];
  const api = {
    create: async ({ plural }: Resource, object: KubeObject) => {
      await note("create", plural);
      return { ...object, metadata: { ...object.metadata, uid: `uid of ${plural}` } };
    },
    delete: async ({ plural }: Resource, _: string, { uid }: { uid: string }) =>
      note("delete", `${plural} ${uid}`),
    patch: async ({ plural }: Resource, _: string, body: unknown) => {
      bodies.push(body);
      await note("patch", plural);
    },
    call: async ({ path }: { path: string }) => note("call", path.replace(/.*\//, "")),
  } as unknown as Api;
  return { api, calls, bodies };
}

const order = (api: Api, keeping: "secret" | "inline", start = false) =>
  createVm({ api, manifests: buildManifests(DRAFT, keeping), start, t });

test("the Secret comes first and belongs to the VM in the end", async () => {
  const { api, calls, bodies } = record();
  await order(api, "secret");
  assert.deepEqual(calls, ["create secrets", "create virtualmachines", "patch secrets"]);
  assert.deepEqual(bodies, [
    {
      metadata: {
        ownerReferences: [
          {
            apiVersion: "kubevirt.io/v1",
            kind: "VirtualMachine",
            name: "a",
            uid: "uid of virtualmachines",
          },
        ],
      },
    },
  ]);
});

test("the Secret of a VM that is refused goes again", async () => {
  const { api, calls } = record("create virtualmachines");
  await assert.rejects(order(api, "secret"), /refused/);
  assert.deepEqual(calls.at(-1), "delete secrets uid of secrets");
});

test("without the Secret there is no VM", async () => {
  const { api, calls } = record("create secrets");
  await assert.rejects(order(api, "secret"), /refused/);
  assert.deepEqual(calls, ["create secrets"]);
});

test("a VM is started when it is there, and a start that fails is told in the task log", async () => {
  clearTasks();
  const { api, calls } = record("call start");
  const vm = await order(api, "inline", true);
  assert.equal(vm.metadata.name, "a");
  assert.deepEqual(calls, ["create virtualmachines", "call start"]);
  // What failed is written down in the turn after the call.
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(
    readTasks().map(({ title, state }) => [title, state]),
    [
      ["Start {{name}}", "failed"],
      ["Create {{name}}", "done"],
    ],
  );
});

test("the task log has no password", async () => {
  clearTasks();
  await order(record().api, "secret");
  assert.equal(JSON.stringify(readTasks()).includes("geheim"), false);
});
