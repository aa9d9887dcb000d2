import assert from "node:assert/strict";
import { test } from "node:test";
import { type Api, ApiError, type KubeObject } from "../../src/data/api.ts";
import { VMS } from "../../src/data/resources.ts";
import {
  begin,
  checkIdentity,
  complete,
  explain,
  follow,
  rebaseText,
} from "../../src/yaml/edit.ts";
import { Emitted } from "../../src/yaml/emitted.ts";
import { replace } from "../../src/yaml/replace.ts";
import { readYaml } from "../../src/yaml/text.ts";

const t = ((key: string) => key) as never;

/** A VM in one of its versions. */
function vm(version: number, labels: Record<string, string> = {}, status = "Running"): KubeObject {
  const metadata = {
    name: "a",
    namespace: "ns",
    uid: "u",
    resourceVersion: String(version),
    labels,
  };
  return complete({ metadata, spec: { x: 1 }, status } as KubeObject, VMS);
}

const CONFLICT = new ApiError(409, "the object has been modified", "Conflict");

/** An API server that has one object, in these versions one after the other. */
function serve(versions: readonly KubeObject[]) {
  const sent: KubeObject[] = [];
  let now = 0;
  const api = {
    get: async () => versions[Math.min(++now, versions.length - 1)],
    replace: async (_: unknown, object: KubeObject) => {
      sent.push(object);
      const current = versions[now]?.metadata.resourceVersion;
      if (object.metadata.resourceVersion !== current) throw CONFLICT;
      return object;
    },
  } as unknown as Api;
  return { api, sent };
}

const job = (api: Api, base: KubeObject) => ({
  api,
  base,
  resource: VMS,
  edited: {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachine",
    metadata: { name: "a" },
    spec: {},
  },
  dryRun: false,
});

test("a status that changes meanwhile does not stop a change of the spec", async () => {
  const { api, sent } = serve([vm(1), vm(2, {}, "Paused")]);
  const stale = vm(0);
  const answer = await replace(job(api, stale), () => {});
  assert.equal("result" in answer, true);
  assert.deepEqual(
    sent.map(({ metadata }) => metadata.resourceVersion),
    ["0", "2"],
  );
});

test("what somebody else changed is handed back, and not written over", async () => {
  const { api, sent } = serve([vm(1), vm(2, { other: "x" })]);
  const answer = await replace(job(api, vm(0)), () => {});
  assert.deepEqual("theirs" in answer && answer.theirs.metadata.labels, { other: "x" });
  assert.equal(sent.length, 1);
});

test("an object of the same name that is another one is left alone", async () => {
  const other = { ...vm(2), metadata: { ...vm(2).metadata, uid: "another" } };
  const { api } = serve([vm(1), other]);
  await assert.rejects(
    replace(job(api, vm(0)), () => {}),
    CONFLICT,
  );
});

test("a conflict that never ends is told after some tries", async () => {
  const { api, sent } = serve([vm(1)]);
  const never = { ...api, get: async () => vm(0) } as unknown as Api;
  await assert.rejects(
    replace(job(never, vm(0)), () => {}),
    CONFLICT,
  );
  assert.equal(sent.length, 5);
});

test("the text follows the cluster until it is edited", () => {
  const start = begin(vm(1));
  assert.match(follow(start, vm(2, { new: "fresh" })).text, /new: fresh/);
  assert.equal(follow(start, vm(2, {}, "Paused")).base.metadata.resourceVersion, "2");
  assert.equal(follow(start, vm(1, { old: "x" })), start);
  const edited = { ...start, text: `${start.text}# mine\n` };
  const beside = follow(edited, vm(2, { new: "fresh" }));
  assert.equal(beside.text, edited.text);
  assert.deepEqual(beside.theirs?.metadata.labels, { new: "fresh" });
  assert.equal(follow(beside, vm(3)).theirs, null);
});

test("my change comes on top of theirs", () => {
  const start = begin(vm(1, { a: "1", b: "1" }));
  const text = start.text.replace('a: "1"', 'a: "2"');
  const beside = follow({ ...start, text }, vm(2, { a: "1", b: "3" }));
  const done = rebaseText(beside, readYaml(text));
  assert.match(done.text, /a: "2"\n\s+b: "3"/);
  assert.equal(done.theirs, null);
  assert.deepEqual(done.clashes, []);
});

test("only the same object can be sent", () => {
  const base = vm(1);
  const check = (text: string) => checkIdentity(readYaml(text), base, t);
  const { text } = begin(base);
  assert.equal("object" in check(text), true);
  for (const other of [
    text.replace("name: a", "name: b"),
    text.replace("namespace: ns", "namespace: other"),
    text.replace("kind: VirtualMachine", "kind: Secret"),
    `${text}---\n${text}`,
    "",
    "a: [",
  ]) {
    const checked = check(other);
    assert.equal("problems" in checked && checked.problems.length > 0, true, other);
  }
  const renamed = check(text.replace("name: a", "name: b"));
  assert.equal("problems" in renamed && renamed.problems[0]?.line, 4);
});

test("complaints stand at their lines; those without stay whole", () => {
  const read = readYaml("spec:\n  x: 1\n");
  const at = (causes: { field?: string; message: string }[]) =>
    explain(new ApiError(422, "no", "Invalid", causes), read, read.objects[0]);
  const placed = at([{ field: "spec.x", message: "too small" }]);
  assert.deepEqual(
    placed.problems?.map(({ line, message }) => [line, message]),
    [[2, "spec.x: too small"]],
  );
  assert.equal(placed.error, null);
  assert.equal(at([{ message: "whatever" }]).error?.message, "no");
  assert.equal(explain(new TypeError("x"), read, null).error?.message, "x");
});

test("an echo of what was typed is told from a new text", () => {
  const emitted = new Emitted();
  for (const text of ["a", "ab", "abc"]) emitted.add(text);
  assert.equal(emitted.settle("ab"), true);
  assert.equal(emitted.settle("a"), false, "an older text is news: somebody set it back");
  emitted.add("x");
  assert.equal(emitted.settle("x"), true);
  assert.equal(emitted.settle("other"), false);
});
