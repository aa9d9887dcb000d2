import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import {
  type Draft,
  EMPTY_DRAFT,
  EXAMPLES,
  restoreDraft,
  stripSecrets,
  takeExample,
} from "../../src/model/draft.ts";
import { buildManifests, type Keeping } from "../../src/model/draftBuild.ts";
import { checkDraft } from "../../src/model/draftCheck.ts";
import { findFormField, sortCauses } from "../../src/model/draftField.ts";
import { readManifests } from "../../src/model/draftRead.ts";
import { followSteps, listCauses, parseFieldPath } from "../../src/model/fieldPath.ts";

const HERE = import.meta.dirname;
const GOLDEN = join(HERE, "draft");
const OF_THE_COMMAND = join(HERE, "../../../tests/golden/create");
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1 me@host";

interface Case {
  readonly keeping: Keeping;
  readonly draft: Partial<Draft>;
  readonly vm?: unknown;
  readonly secret?: unknown;
}

const draftOf = (part: Partial<Draft>): Draft => ({ ...EMPTY_DRAFT, ...part });

for (const file of readdirSync(GOLDEN)) {
  const path = join(GOLDEN, file);
  const golden: Case = JSON.parse(readFileSync(path, "utf8"));
  test(`the manifests of ${file} are as they were, and are read back`, () => {
    const draft = draftOf(golden.draft);
    const built = buildManifests(draft, golden.keeping);
    if (process.env.UPDATE_GOLDEN) {
      writeFileSync(path, `${JSON.stringify({ ...golden, ...built }, null, 2)}\n`);
    } else {
      assert.deepEqual(built.vm, golden.vm);
      assert.deepEqual(built.secret, golden.secret);
    }
    assert.deepEqual(checkDraft(draft, golden.keeping), {});
    const back = readManifests(built.vm, built.secret);
    assert.deepEqual(back.lost, []);
    assert.deepEqual(buildManifests(back.draft, golden.keeping), built);
  });
}

/** What `kubectl virt create vm` prints, for the same wishes. */
function printed(name: string): Record<string, never> {
  return parse(readFileSync(join(OF_THE_COMMAND, name, "manifest.yaml"), "utf8"));
}

/** A manifest without what only the form asks for: disks' bus, network, number of cores. */
function withoutExtras(vm: unknown): unknown {
  const copy = structuredClone(vm) as { spec: { template: { spec: Record<string, never> } } };
  const spec = copy.spec.template.spec as Record<string, unknown>;
  const domain = spec.domain as Record<string, unknown>;
  delete spec.networks;
  delete domain.cpu;
  domain.devices = {};
  return copy;
}

test("a plain container disk is as the command prints it", () => {
  const draft = draftOf({ name: "myvm", image: "registry.example/debian:13" });
  const { vm } = buildManifests(draft, "secret");
  const wanted = structuredClone(printed("vm-cloud-init")) as never as {
    spec: { template: { spec: { volumes: unknown[] } } };
  };
  wanted.spec.template.spec.volumes.pop();
  assert.deepEqual(withoutExtras(vm), wanted);
});

test("cloud-init within the VM is as the command prints it", () => {
  const sshKeys = ["ssh-ed25519 AAAA me@host", 'ssh-rsa BBBB: "odd"'];
  const draft = draftOf({ name: "myvm", image: "registry.example/debian:13", user: "me", sshKeys });
  const text = JSON.stringify(withoutExtras(buildManifests(draft, "inline").vm));
  const agent = "runcmd:\\n  - [setsebool, -P, virt_qemu_ga_manage_ssh, 'on']\\n";
  assert.equal(text.includes("ssh_authorized_keys"), true);
  const wanted = JSON.stringify(printed("vm-cloud-init")).replace(agent, "");
  assert.deepEqual(JSON.parse(text), JSON.parse(wanted));
});

test("an instancetype takes the place of CPUs and memory, as with the command", () => {
  const draft = draftOf({
    name: "myvm",
    source: "claim",
    claim: "root",
    sizedBy: "instancetype",
    instancetype: { scope: "cluster", name: "u1.small" },
    preference: { scope: "cluster", name: "fedora" },
  });
  const { spec } = buildManifests(draft, "secret").vm as never as { spec: Record<string, unknown> };
  const wanted = printed("vm-named-sizes").spec as unknown as Record<string, object>;
  assert.deepEqual(spec.preference, wanted.preference);
  assert.deepEqual(spec.instancetype, {
    ...wanted.instancetype,
    kind: "VirtualMachineClusterInstancetype",
  });
  const { domain } = (spec.template as { spec: { domain: object } }).spec;
  assert.deepEqual(Object.keys(domain), ["devices"]);
});

test("every example is a VM once it has a name", () => {
  for (const example of EXAMPLES) {
    const draft = takeExample(draftOf({ name: "x", namespace: "ns" }), example.id);
    assert.deepEqual(checkDraft(draft, "secret"), {}, example.id);
    assert.equal(draft.name, "x");
  }
});

test("what is kept for a reload has neither password nor key", () => {
  const draft = draftOf({ name: "x", password: "geheim", sshKeys: [KEY], cpus: "3" });
  const kept = JSON.stringify(stripSecrets(draft));
  assert.equal(kept.includes("geheim") || kept.includes("ssh-ed25519"), false);
  assert.deepEqual(restoreDraft(kept), draftOf({ name: "x", cpus: "3" }));
});

test("what is no draft makes an empty one, field by field", () => {
  assert.deepEqual(restoreDraft("{"), EMPTY_DRAFT);
  assert.deepEqual(restoreDraft("[1]"), EMPTY_DRAFT);
  const odd = { name: 3, source: "cat", labels: [{ key: 1 }], instancetype: {}, user: "me" };
  assert.deepEqual(restoreDraft(JSON.stringify(odd)), draftOf({ user: "me" }));
  assert.equal(restoreDraft(JSON.stringify({ password: "x" })).password, "");
});

test("faults are found before anybody is asked", () => {
  assert.deepEqual(checkDraft(EMPTY_DRAFT, "secret"), {
    name: "needed",
    namespace: "needed",
    image: "needed",
  });
  const good = draftOf({ name: "a", namespace: "b", image: "x" });
  const faults = (part: Partial<Draft>) => checkDraft({ ...good, ...part }, "secret");
  assert.deepEqual(faults({ name: "Big_Name" }), { name: "no-name" });
  assert.deepEqual(faults({ image: "Has Space" }), { image: "no-image" });
  assert.deepEqual(faults({ cpus: "0" }), { cpus: "no-count" });
  assert.deepEqual(faults({ memory: "0Mi" }), { memory: "no-size" });
  assert.deepEqual(faults({ memory: "1 GB" }), { memory: "no-size" });
  assert.deepEqual(faults({ labels: [{ key: "a b", value: "" }] }), { labels: "no-label" });
  const twice = { key: "a.b/c", value: "d" };
  assert.deepEqual(faults({ labels: [twice, twice] }), { labels: "label-twice" });
  assert.deepEqual(faults({ sshKeys: ["hello"] }), { sshKeys: "no-key" });
  assert.deepEqual(faults({ sshKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"] }), {
    sshKeys: "private-key",
  });
  assert.deepEqual(faults({ sshKeys: [KEY, " "] }), {});
});

test("a namespace that there is not is told of, where they are known", () => {
  const draft = draftOf({ name: "a", namespace: "nope", image: "x" });
  assert.deepEqual(checkDraft(draft, "secret", new Set(["shop"])), {
    namespace: "unknown-namespace",
  });
  assert.deepEqual(checkDraft(draft, "secret", new Set(["nope"])), {});
  assert.deepEqual(checkDraft(draft, "secret", null), {});
});

test("only text within the VM is bounded by 2048 bytes", () => {
  const draft = draftOf({ name: "a", namespace: "b", image: "x", password: "p".repeat(2100) });
  assert.deepEqual(checkDraft(draft, "secret"), {});
  assert.deepEqual(checkDraft(draft, "inline"), { user: "too-long" });
});

test("an answer's field path leads to the form's field", () => {
  const draft = draftOf({ name: "a", image: "x", user: "me" });
  const { vm } = buildManifests(draft, "secret");
  const leads: Record<string, string | null> = {
    "metadata.name": "name",
    "spec.template.spec.domain.memory.guest": "memory",
    "spec.template.spec.domain.resources.requests[cpu]": "cpus",
    "spec.template.spec.domain.resources.requests.memory": "memory",
    "spec.template.spec.volumes[0].containerDisk.image": "image",
    "spec.template.spec.volumes[1].cloudInitNoCloud": "user",
    "spec.template.spec.domain.devices.disks[1].name": "user",
    "spec.template.spec.volumes[7]": null,
    "spec.template.spec.networks[0].pod": "binding",
    "spec.instancetype.name": "instancetype",
    "spec.templates": null,
    "": null,
  };
  for (const [path, field] of Object.entries(leads)) {
    assert.equal(findFormField(path, vm), field, path);
  }
  const sorted = sortCauses(
    [
      { field: "spec.template.spec.domain.cpu.cores", message: "too many" },
      { field: "spec.nowhere", message: "strange" },
    ],
    vm,
  );
  assert.deepEqual(sorted, {
    fields: { cpus: ["too many"] },
    rest: [{ field: "spec.nowhere", message: "strange" }],
  });
});

test("field paths have keys with dots in them", () => {
  assert.deepEqual(parseFieldPath("spec.volumes[0].x[a.b/c].d"), [
    "spec",
    "volumes",
    0,
    "x",
    "a.b/c",
    "d",
  ]);
  const object = { labels: { "app.io/x": { y: [1, { z: 2 }] } } };
  const follow = (path: string) => followSteps(object, parseFieldPath(path));
  assert.deepEqual(follow("labels.app.io/x.y[1].z"), ["labels", "app.io/x", "y", 1, "z"]);
  assert.deepEqual(follow("labels.app.io/x.y[5].z"), ["labels", "app.io/x", "y"]);
  assert.deepEqual(follow("other.deep"), []);
});

test("refusals without causes are read, too", () => {
  const bare = { reason: "BadRequest", causes: [] };
  const message =
    'strict decoding error: unknown field "spec.foo", duplicate field "spec.template.x"';
  assert.deepEqual(
    listCauses({ ...bare, message }).map((each) => each.field),
    ["spec.foo", "spec.template.x"],
  );
  const unchecked = { field: "<nil>", message: "some rules were not checked" };
  const wrong = { field: "spec.x", message: "no integer" };
  assert.deepEqual(listCauses({ ...bare, message, causes: [wrong, unchecked] }), [wrong]);
  assert.deepEqual(listCauses({ ...bare, message, causes: [unchecked] })[0]?.field, "");
  const exists = { message: "it exists", reason: "AlreadyExists", causes: [] };
  assert.deepEqual(listCauses(exists), [{ field: "metadata.name", message: "it exists" }]);
  assert.deepEqual(listCauses({ ...bare, message: "no" }), [{ field: "", message: "no" }]);
  const unknown = { reason: "NotFound", message: 'namespaces "x" not found', causes: [] };
  assert.equal(listCauses(unknown)[0]?.field, "metadata.namespace");
  const resource = 'resource "virtualmachines" in API group "kubevirt.io"';
  const denied = `User "a" cannot create ${resource} in the namespace "x"`;
  const forbidden = { reason: "Forbidden", causes: [] };
  assert.equal(listCauses({ ...forbidden, message: denied })[0]?.field, "metadata.namespace");
  assert.equal(listCauses({ ...forbidden, message: "exceeded quota: small" })[0]?.field, "");
});

test("what the form cannot show is named", () => {
  const { vm, secret } = buildManifests(draftOf({ name: "a", image: "x", user: "me" }), "secret");
  const edited = JSON.parse(JSON.stringify(vm));
  edited.spec.template.spec.domain.devices.watchdog = { name: "w" };
  edited.spec.template.spec.volumes.push({ name: "more", emptyDisk: { capacity: "1Gi" } });
  assert.deepEqual(readManifests(edited, secret).lost, [
    "spec.template.spec.domain.devices.watchdog",
    "spec.template.spec.volumes",
  ]);
  const told = { ...secret, stringData: { userdata: "#cloud-config\npackages: [vim]\n" } };
  assert.notDeepEqual(readManifests(vm, told).lost, []);
});

test("an example takes away nothing that the user has set, but what boots", () => {
  const typed = draftOf({
    name: "x",
    labels: [{ key: "app", value: "web" }],
    password: "secret",
    sshKeys: ["ssh-ed25519 AAAA me"],
    user: "me",
    claim: "disk",
    cpus: "8",
    memory: "3Gi",
    binding: "bridge",
  });
  for (const { id } of EXAMPLES) {
    const { claim, image, kernelImage, ...rest } = takeExample(typed, id);
    const { labels, password, sshKeys, user, cpus, memory, binding } = rest;
    assert.deepEqual(
      { labels, password, sshKeys, user, cpus, memory, binding },
      {
        labels: typed.labels,
        password: "secret",
        sshKeys: typed.sshKeys,
        user: "me",
        cpus: "8",
        memory: "3Gi",
        binding: "bridge",
      },
    );
    assert.equal(claim, "");
    assert.notEqual(image + kernelImage, "");
  }
});

test("what one example has set goes with it, and so does what the user took away", () => {
  const tiny = takeExample(draftOf({ cpus: "4" }), "tiny");
  assert.deepEqual([tiny.memory, tiny.cpus, tiny.example], ["128Mi", "4", "tiny"]);
  const debian = takeExample({ ...tiny, memory: "" }, "debian");
  assert.deepEqual([debian.memory, debian.cpus, debian.user], ["512Mi", "4", "debian"]);
  const sized = takeExample(debian, "sized");
  assert.deepEqual([sized.sizedBy, sized.user], ["instancetype", ""]);
  const chosen = { ...sized, instancetype: { scope: "cluster", name: "u1.large" } } as const;
  assert.equal(takeExample(sized, "tiny").sizedBy, "own");
  assert.equal(takeExample(chosen, "tiny").sizedBy, "instancetype");
  assert.equal(takeExample(chosen, "sized").instancetype?.name, "u1.large");
  const own = { ...tiny, image: "registry.example/mine:1" };
  const none = takeExample(own, "");
  assert.deepEqual([none.image, none.memory, none.cpus], [own.image, EMPTY_DRAFT.memory, "4"]);
  assert.deepEqual(takeExample(draftOf({}), "no such"), EMPTY_DRAFT);
});
