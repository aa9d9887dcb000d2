import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ApiError, type KubeObject, type WatchEvent } from "../../src/data/api.ts";
import { buildPath, buildVerbPath } from "../../src/data/path.ts";
import { CLUSTER_INSTANCETYPES, NODES, VMS } from "../../src/data/resources.ts";
import { Rest, type Sent, type Transport } from "../../src/data/rest.ts";
import { settle } from "./fake.ts";

interface Asked extends Sent {
  readonly path: string;
}

/** Keeps what is asked, and answers as it is told. */
class Recorder implements Transport {
  readonly asked: Asked[] = [];
  answer: (asked: Asked) => Response | Promise<Response>;

  constructor(answer: (asked: Asked) => Response | Promise<Response>) {
    this.answer = answer;
  }

  async send(path: string, sent: Sent): Promise<Response> {
    const asked = { path, ...sent };
    this.asked.push(asked);
    return this.answer(asked);
  }

  stream(): never {
    throw new Error("not used");
  }

  get last(): Asked {
    return this.asked.at(-1) as Asked;
  }
}

function connect(answer: (asked: Asked) => Response | Promise<Response>) {
  const transport = new Recorder(answer);
  return { transport, api: new Rest(transport) };
}

const VM = { metadata: { name: "x", namespace: "a" } };
const ok = () => Response.json(VM);

async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of from) all.push(each);
  return all;
}

function isApiError(code: number, message?: RegExp) {
  return (error: unknown) =>
    error instanceof ApiError &&
    error.code === code &&
    (message === undefined || message.test(error.message));
}

test("paths have group, version, namespace and name, all escaped", () => {
  assert.equal(buildPath(VMS), "/apis/kubevirt.io/v1/virtualmachines");
  assert.equal(
    buildPath(VMS, { namespace: "a" }, "x", "status"),
    "/apis/kubevirt.io/v1/namespaces/a/virtualmachines/x/status",
  );
  assert.equal(buildPath(NODES, { namespace: "a" }, "n"), "/api/v1/nodes/n");
  assert.equal(
    buildPath(CLUSTER_INSTANCETYPES, {}, "u1"),
    "/apis/instancetype.kubevirt.io/v1beta1/virtualmachineclusterinstancetypes/u1",
  );
  assert.equal(
    buildPath(VMS, { namespace: "../x" }, "a/b?c"),
    "/apis/kubevirt.io/v1/namespaces/..%2Fx/virtualmachines/a%2Fb%3Fc",
  );
  assert.equal(
    buildVerbPath("virtualmachines", "a", "x/..", "start"),
    "/apis/subresources.kubevirt.io/v1/namespaces/a/virtualmachines/x%2F../start",
  );
});

test("names that would make another path of it are refused", async () => {
  for (const name of ["", ".", ".."]) {
    assert.throws(() => buildPath(VMS, { namespace: "a" }, name), isApiError(400));
    assert.throws(() => buildVerbPath("virtualmachines", "a", name, "start"), isApiError(400));
  }
  const { api } = connect(ok);
  await assert.rejects(api.get(VMS, "..", { namespace: "a" }), isApiError(400));
});

test("a list has items and a version; null means none", async () => {
  const { api, transport } = connect(() =>
    Response.json({ items: null, metadata: { resourceVersion: "7" } }),
  );
  const listed = await api.list(VMS, { labelSelector: "app in (a, b)", fieldSelector: "" });
  assert.deepEqual(listed, { items: [], resourceVersion: "7" });
  const url = new URL(transport.last.path, "http://x");
  assert.deepEqual([...url.searchParams], [["labelSelector", "app in (a, b)"]]);
  assert.equal(transport.last.headers.accept, "application/json");
});

test("items of a list say what they are, as objects alone do", async () => {
  const { api } = connect(() => Response.json({ items: [VM], metadata: {} }));
  const { items } = await api.list(NODES);
  assert.deepEqual(items, [{ apiVersion: "v1", kind: "Node", ...VM }]);
});

test("a table is asked for as kubectl does", async () => {
  const { api, transport } = connect(() => Response.json({ kind: "Table", rows: [] }));
  await api.table(VMS);
  assert.equal(transport.last.headers.accept, "application/json;as=Table;v=v1;g=meta.k8s.io");
});

test("writes say who writes, and only what is asked for", async () => {
  const { api, transport } = connect(ok);
  const read = () => Object.fromEntries(new URL(transport.last.path, "http://x").searchParams);
  await api.create(VMS, VM, { dryRun: true, strict: true });
  assert.equal(transport.last.method, "POST");
  assert.match(transport.last.path, /namespaces\/a\/virtualmachines\?/);
  assert.deepEqual(read(), {
    fieldManager: "virtpod-web",
    fieldValidation: "Strict",
    dryRun: "All",
  });
  assert.deepEqual(JSON.parse(transport.last.body ?? ""), VM);
  await api.replace(VMS, VM);
  assert.equal(transport.last.method, "PUT");
  assert.match(transport.last.path, /virtualmachines\/x\?fieldManager=virtpod-web$/);
  await api.patch(VMS, "x", [], { namespace: "a", kind: "json", subresource: "status" });
  assert.equal(transport.last.headers["content-type"], "application/json-patch+json");
  assert.match(transport.last.path, /virtualmachines\/x\/status\?/);
  await api.patch(VMS, "x", VM, { namespace: "a", kind: "apply" });
  assert.equal(transport.last.headers["content-type"], "application/apply-patch+yaml");
  assert.equal(read().force, "true");
  await api.delete(VMS, "x", { namespace: "a", uid: "u" });
  assert.equal(transport.last.method, "DELETE");
  assert.deepEqual(JSON.parse(transport.last.body ?? ""), {
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: "Background",
    preconditions: { uid: "u" },
  });
});

test("a GET has no body and no content type", async () => {
  const { api, transport } = connect(ok);
  await api.get(VMS, "x", { namespace: "a" });
  assert.equal(transport.last.body, undefined);
  assert.deepEqual(Object.keys(transport.last.headers), ["accept"]);
});

test("warnings are told", async () => {
  const { api } = connect(() =>
    Response.json(VM, { headers: { warning: '299 - "unknown field \\"spec.x\\""' } }),
  );
  const told: string[] = [];
  await api.create(VMS, VM, { onWarning: (text) => told.push(text) });
  assert.deepEqual(told, ['unknown field "spec.x"']);
});

test("an empty answer is undefined, and one that is no JSON an error", async () => {
  const { api, transport } = connect(() => new Response(null, { status: 202 }));
  assert.equal(await api.call({ method: "PUT", path: "/x", body: {} }), undefined);
  transport.answer = () => new Response("<html>");
  await assert.rejects(api.call({ path: "/x" }), isApiError(200, /no JSON/));
});

test("a refusal is an ApiError with the Status' words", async () => {
  const status = { kind: "Status", code: 409, reason: "Conflict", message: "not running" };
  const { api } = connect(() => Response.json(status, { status: 409 }));
  await assert.rejects(api.call({ path: "/x" }), isApiError(409, /not running/));
});

test("a right that is missing for a verb is 403, and not the end of the session", async () => {
  const refuse = (type: string) => () =>
    new Response("Request is not authorized", { status: 401, headers: { "content-type": type } });
  const { api, transport } = connect(refuse("text/plain; charset=utf-8"));
  const path = buildVerbPath("virtualmachines", "a", "x", "start");
  await assert.rejects(api.call({ method: "PUT", path }), isApiError(403, /not authorized/));
  await assert.rejects(api.call({ path: "/api/v1/pods" }), isApiError(401));
  transport.answer = refuse("application/json");
  await assert.rejects(api.call({ method: "PUT", path }), isApiError(401));
});

test("what the transport throws is code 0", async () => {
  const { api } = connect(() => Promise.reject(new TypeError("fetch failed")));
  await assert.rejects(api.list(VMS), isApiError(0, /cannot be reached/));
  await assert.rejects(collect(api.text({ path: "/log" })), isApiError(0));
  const signal = new AbortController().signal;
  await assert.rejects(collect(api.watch(VMS, { resourceVersion: "1" }, signal)), isApiError(0));
});

test("an answer that breaks off is code 0", async () => {
  const { api } = connect(
    () =>
      new Response(
        new ReadableStream({
          start(stream) {
            stream.enqueue(new TextEncoder().encode('{"items":['));
            stream.error(new TypeError("reset"));
          },
        }),
      ),
  );
  await assert.rejects(api.list(VMS), isApiError(0));
});

test("the caller's signal throws AbortError", async () => {
  const { api } = connect(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  );
  const controller = new AbortController();
  const listing = api.list(VMS, {}, controller.signal);
  controller.abort();
  await assert.rejects(listing, { name: "AbortError" });
  await assert.rejects(api.list(VMS, {}, controller.signal), { name: "AbortError" });
});

test("a call that is not answered ends after 30 s with code 0", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { api } = connect(
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    const calling = api.get(VMS, "x");
    mock.timers.tick(30_000);
    await assert.rejects(calling, isApiError(0, /30 s/));
  } finally {
    mock.timers.reset();
  }
});

const EVENTS = [
  { type: "ADDED", object: { metadata: { name: "ü", resourceVersion: "2" } } },
  { type: "BOOKMARK", object: { metadata: { resourceVersion: "9" } } },
];

function streamOf(...pieces: Uint8Array[]): Response {
  return new Response(
    new ReadableStream({
      start(stream) {
        for (const piece of pieces) stream.enqueue(piece);
        stream.close();
      },
    }),
  );
}

test("a watch says first that it has begun, then what happens", async () => {
  const bytes = new TextEncoder().encode(EVENTS.map((each) => JSON.stringify(each)).join("\n"));
  const line = new TextEncoder().encode("\n");
  const { api, transport } = connect(() => streamOf(bytes.slice(0, 42), bytes.slice(42), line));
  const { signal } = new AbortController();
  const which = { namespace: "a", resourceVersion: "1" };
  const events: WatchEvent<KubeObject>[] = await collect(api.watch(VMS, which, signal));
  assert.deepEqual(events, [
    { type: "BOOKMARK", resourceVersion: "1" },
    EVENTS[0],
    { type: "BOOKMARK", resourceVersion: "9" },
  ]);
  const query = Object.fromEntries(new URL(transport.last.path, "http://x").searchParams);
  const { timeoutSeconds, ...rest } = query;
  assert.deepEqual(rest, { watch: "true", allowWatchBookmarks: "true", resourceVersion: "1" });
  assert.ok(Number(timeoutSeconds) >= 240 && Number(timeoutSeconds) < 300);
});

test("a watch that the server refuses throws the code, in its head or in an event", async () => {
  const status = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
  const { api, transport } = connect(() => Response.json(status, { status: 410 }));
  const { signal } = new AbortController();
  const watch = () => collect(api.watch(VMS, { resourceVersion: "1" }, signal));
  await assert.rejects(watch(), isApiError(410));
  const event = JSON.stringify({ type: "ERROR", object: status });
  transport.answer = () => streamOf(new TextEncoder().encode(`${event}\n`));
  await assert.rejects(watch(), isApiError(410));
});

test("a transport's own watches are used where it has them", async () => {
  const { transport } = connect(ok);
  const asked: unknown[] = [];
  const own: Transport = {
    send: (path, sent) => transport.send(path, sent),
    stream: () => transport.stream(),
    async *watch(path, form) {
      asked.push([path.split("?")[0], form]);
      yield "";
      yield JSON.stringify(EVENTS[0]);
    },
  };
  const { signal } = new AbortController();
  const events = await collect(new Rest(own).watch(VMS, { resourceVersion: "1" }, signal));
  assert.deepEqual(events, [{ type: "BOOKMARK", resourceVersion: "1" }, EVENTS[0]]);
  assert.deepEqual(asked, [["/apis/kubevirt.io/v1/virtualmachines", "list"]]);
  assert.equal(transport.asked.length, 0);
});

test("a watch leaves nothing behind on the signal that it was given", async () => {
  const { api } = connect(() => streamOf());
  const controller = new AbortController();
  let held = 0;
  const { signal } = controller;
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...rest: unknown[]) => {
    held += 1;
    add.apply(signal, rest as never);
  };
  signal.removeEventListener = (...rest: unknown[]) => {
    held -= 1;
    remove.apply(signal, rest as never);
  };
  for (let round = 0; round < 10; round++) {
    await collect(api.watch(VMS, { resourceVersion: "1" }, signal));
    await api.list(VMS, {}, signal).catch(() => {});
  }
  await settle();
  assert.equal(held, 0);
});

test("text comes piece by piece, bytes as a blob with their type", async () => {
  const bytes = new TextEncoder().encode("eins ✓ zwei");
  const { api, transport } = connect(() => streamOf(bytes.slice(0, 6), bytes.slice(6)));
  assert.deepEqual(await collect(api.text({ path: "/log" })), ["eins ", "✓ zwei"]);
  const headers = { "content-type": "image/png" };
  transport.answer = () => new Response(new Uint8Array([1, 2]), { headers });
  const blob = await api.bytes({ path: "/picture" });
  assert.equal(blob.type, "image/png");
  assert.equal(blob.size, 2);
});
