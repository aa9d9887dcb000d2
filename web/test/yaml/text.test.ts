import assert from "node:assert/strict";
import { test } from "node:test";
import { findKeyAt, findPlace } from "../../src/yaml/cursor.ts";
import { diffLines } from "../../src/yaml/diff.ts";
import { KindSchema, pathOfDocument } from "../../src/yaml/openapi.ts";
import { rebase } from "../../src/yaml/rebase.ts";
import { hideKept, restoreKept } from "../../src/yaml/shown.ts";
import { MOST_PROBLEMS, readYaml, writeYaml } from "../../src/yaml/text.ts";

const TEXT = `apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata:
  name: a
  labels:
    app.io/x: "1"
spec:
  template:
    spec:
      domain:
        memory:
          guest: 1Gi
      volumes:
      - name: root
        containerDisk:
          image: x
      - name: init
        cloudInitNoCloud:
          userData: |
            #cloud-config
            user: me
`;
const LINES = TEXT.split("\n");
const lineOf = (part: string) => LINES.findIndex((each) => each.includes(part));

test("objects become YAML and come back; words of YAML 1.1 are quoted", () => {
  const object = { a: "yes", b: ["x", { c: 1 }], d: "1:30", e: "on", f: null, g: "l\nm\n" };
  const text = writeYaml(object, { kind: "Secret" });
  assert.match(text, /a: "yes"/);
  assert.deepEqual(readYaml(text).objects, [object, { kind: "Secret" }]);
});

test("an object that stands in two places is written twice, not as an anchor", () => {
  const labels = { app: "web" };
  assert.equal(writeYaml({ a: labels, b: labels }), "a:\n  app: web\nb:\n  app: web\n");
});

test("each error stands at its line", () => {
  const { problems, objects } = readYaml("a: 1\nb: [1, 2\nc: }\n");
  assert.equal(problems[0]?.severity, "error");
  assert.equal((problems[0]?.line ?? 0) >= 2, true);
  assert.deepEqual(objects, []);
  assert.deepEqual(
    readYaml("a: 1\na: 2\n").problems.map(({ line, from }) => [line, from]),
    [[2, 5]],
  );
  assert.equal(readYaml("- 1\n").problems.length, 1);
  assert.deepEqual(readYaml("").problems, []);
  assert.equal(readYaml("\t}\n".repeat(400)).problems.length <= MOST_PROBLEMS, true);
});

test("a text that grows without end is refused and not unfolded", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (let at = 1; at < 9; at++) {
    const [before, here] = [at - 1, at].map((each) => String.fromCharCode(97 + each));
    bomb.push(`${here}: &${here} [${Array(9).fill(`*${before}`).join(",")}]`);
  }
  const { problems, objects } = readYaml(bomb.join("\n"));
  assert.equal(objects.length, 0);
  assert.equal(problems.length, 1);
});

test("a field's place is its key, or the nearest that is there", () => {
  const read = readYaml(TEXT);
  const lineAt = (field: string) => read.locate(read.objects[0], field, "").line;
  assert.equal(lineAt("spec.template.spec.domain.memory.guest"), lineOf("guest") + 1);
  assert.equal(lineAt("spec.template.spec.domain.memory.other"), lineOf("memory") + 1);
  assert.equal(lineAt("spec.template.spec.volumes[1].cloudInitNoCloud"), lineOf("cloudInit") + 1);
  assert.equal(lineAt("spec.template.spec.volumes[0]"), lineOf("name: root") + 1);
  assert.equal(lineAt("metadata.labels.app.io/x"), lineOf("app.io/x") + 1);
  assert.equal(lineAt(""), 1);
  const { from, to } = read.locate(read.objects[0], "spec.template.spec.domain.memory.guest", "");
  assert.equal(TEXT.slice(from, to), "guest: 1Gi");
});

test("the second document has its own places", () => {
  const read = readYaml("a: 1\n---\nb: 2\n");
  assert.equal(read.locate(read.objects[1], "b", "").line, 3);
});

test("a place while typing is found by indentation", () => {
  const at = (lines: string[], number = lines.length - 1, column = lines[number]?.length ?? 0) => {
    const place = findPlace(lines, number, column);
    return place && [place.kind, place.path.join(".")];
  };
  assert.deepEqual(at(["spec:", "  temp"]), ["key", "spec"]);
  assert.deepEqual(at(["spec:", "  "]), ["key", "spec"]);
  assert.deepEqual(at(["spec:", "  runStrategy: A"]), ["value", "spec.runStrategy"]);
  assert.deepEqual(at(["volumes:", "  - name: a", "    con"]), ["key", "volumes.[]"]);
  assert.deepEqual(at(["volumes:", "- name: a", "  con"]), ["key", "volumes.[]"]);
  assert.deepEqual(at(["volumes:", "- name: a", "- n"]), ["key", "volumes.[]"]);
  assert.deepEqual(at(["x:", "- - a: 1", "    b"]), ["key", "x.[].[]"]);
  assert.deepEqual(at(["a:", "  b: 1", "c"]), ["key", ""]);
  assert.deepEqual(at(["a:", "---", "c"]), ["key", ""]);
  assert.equal(at(["a: |", "  text"]), null);
  assert.equal(at(["- a: |", "    text"]), null);
  assert.equal(at(["a:", "  # note"]), null);
  assert.deepEqual(at(LINES, lineOf("guest"), 10), ["key", "spec.template.spec.domain.memory"]);
  assert.equal(at(LINES, lineOf("user: me"), 14), null);
  assert.deepEqual(findPlace(["a:", "- x: 1", "  y: 2", "  "], 3, 2)?.siblings.toSorted(), [
    "x",
    "y",
  ]);
  assert.deepEqual(findPlace(["a:", "- x: 1", "- y: 2"], 2, 5)?.siblings, ["y"]);
});

test("the key under the pointer has a path", () => {
  const number = lineOf("containerDisk");
  assert.deepEqual(findKeyAt(LINES, number, 10), {
    path: ["spec", "template", "spec", "volumes", "[]", "containerDisk"],
    from: 8,
    to: 21,
  });
  assert.equal(findKeyAt(LINES, lineOf("image"), 18), null);
});

const DOCUMENT = {
  components: {
    schemas: {
      "io.kubevirt.v1.VirtualMachine": {
        "x-kubernetes-group-version-kind": [
          { group: "kubevirt.io", version: "v1", kind: "VirtualMachine" },
        ],
        required: ["spec"],
        properties: {
          metadata: { description: "Ours.", allOf: [{ $ref: "#/components/schemas/Meta" }] },
          spec: {
            type: "object",
            properties: {
              runStrategy: { type: "string", enum: ["Always", "Halted"], description: "When." },
              volumes: {
                type: "array",
                items: { type: "object", properties: { name: { type: "string", maxLength: 63 } } },
              },
              running: { type: "boolean" },
              size: { "x-kubernetes-int-or-string": true },
            },
          },
        },
      },
      Meta: {
        type: "object",
        description: "Theirs.",
        properties: { labels: { type: "object", additionalProperties: { type: "string" } } },
      },
    },
  },
};

test("the schema offers and explains fields", () => {
  const kind = { group: "kubevirt.io", version: "v1", kind: "VirtualMachine" };
  const schema = new KindSchema(DOCUMENT, kind);
  assert.equal(schema.known, true);
  assert.deepEqual(
    schema.listFields([]).map(({ name, required }) => [name, required]),
    [
      ["spec", true],
      ["metadata", false],
    ],
  );
  assert.deepEqual(schema.listValues(["spec", "runStrategy"]), ["Always", "Halted"]);
  assert.deepEqual(schema.listValues(["spec", "running"]), ["true", "false"]);
  assert.equal(schema.findField(["spec", "volumes"])?.type, "[]object");
  assert.equal(schema.findField(["spec", "volumes", "[]", "name"])?.bounds, "maxLength: 63");
  assert.equal(schema.findField(["metadata"])?.description, "Ours.");
  assert.equal(schema.findField(["metadata", "labels"])?.type, "map of string");
  assert.equal(schema.findField(["metadata", "labels", "app"])?.type, "string");
  assert.equal(schema.findField(["spec", "size"])?.type, "integer or string");
  assert.equal(schema.findField(["spec", "nothing"]), null);
  assert.equal(schema.findField(["spec", "toString"]), null);
  assert.equal(new KindSchema({}, kind).known, false);
  assert.equal(pathOfDocument(kind), "/openapi/v3/apis/kubevirt.io/v1");
  assert.equal(pathOfDocument({ group: "", version: "v1" }), "/openapi/v3/api/v1");
});

test("what the API server keeps is neither shown nor lost", () => {
  const object = {
    apiVersion: "v1",
    kind: "Thing",
    metadata: {
      name: "a",
      uid: "u",
      resourceVersion: "7",
      managedFields: [{}],
      labels: { x: "y" },
    },
    data: { k: "v" },
    status: { fine: true },
  };
  const shown = hideKept(object);
  assert.deepEqual(shown, {
    apiVersion: "v1",
    kind: "Thing",
    metadata: { name: "a", labels: { x: "y" } },
    data: { k: "v" },
  });
  const sent = restoreKept({ ...shown, data: { k: "w" } }, object);
  assert.deepEqual(sent.metadata, {
    name: "a",
    uid: "u",
    resourceVersion: "7",
    labels: { x: "y" },
  });
  assert.deepEqual((sent as never as { status: unknown }).status, { fine: true });
});

test("two changes of different fields go together, of the same field clash", () => {
  const base = {
    a: 1,
    b: { c: 1, d: 2 },
    list: [
      { name: "x", v: 1 },
      { name: "y", v: 1 },
    ],
    z: [1],
  };
  const mine = { a: 1, b: { c: 9, d: 2 }, list: [{ name: "x", v: 2 }], z: [2] };
  const theirs = {
    a: 5,
    b: { c: 1 },
    list: [{ name: "x", v: 1 }, { name: "y", v: 1 }, { name: "n" }],
    z: [3],
  };
  assert.deepEqual(rebase(base, mine, theirs), {
    object: { a: 5, b: { c: 9 }, list: [{ name: "x", v: 2 }, { name: "n" }], z: [2] },
    clashes: ["z"],
  });
  assert.deepEqual(rebase(base, base, theirs), { object: theirs, clashes: [] });
  assert.deepEqual(rebase(base, mine, mine), { object: mine, clashes: [] });
});

const show = (before: string, after: string) =>
  diffLines(before, after).map((row) =>
    row.kind === "gap"
      ? `@${row.count}`
      : `${{ same: " ", added: "+", removed: "-" }[row.kind]}${row.text}`,
  );

test("the difference of two texts has the changed lines and some around them", () => {
  const long = Array.from({ length: 20 }, (_, at) => `l${at}`);
  const after = long.toSpliced(10, 1, "new", "newer");
  assert.deepEqual(show(long.join("\n"), after.join("\n")), [
    "@7",
    " l7",
    " l8",
    " l9",
    "-l10",
    "+new",
    "+newer",
    " l11",
    " l12",
    " l13",
    "@6",
  ]);
  assert.deepEqual(show("a\nb", "a\nb"), []);
  assert.deepEqual(show("a\nb\n", "a\n"), [" a", "-b"]);
  assert.deepEqual(show("a", "a\nb"), [" a", "+b"]);
  assert.deepEqual(show("a\nb", "b"), ["-a", " b"]);
  assert.deepEqual(show("a\nb", "a"), [" a", "-b"]);
  assert.deepEqual(show("x", "y"), ["-x", "+y"]);
});
