import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../src/data/api.ts";
import { openPipe } from "../../src/data/cockpit-pipe.ts";
import { CockpitTransport } from "../../src/data/cockpit-transport.ts";
import { VMS } from "../../src/data/resources.ts";
import { Rest } from "../../src/data/rest.ts";
import { FakeCockpit } from "./fake.ts";

function build() {
  const fake = new FakeCockpit();
  const lost: string[] = [];
  const transport = new CockpitTransport(() => openPipe(fake.cockpit, "/run/api"));
  const sent = { method: "GET", headers: { accept: "application/json" } };
  return { fake, lost, transport, api: new Rest(transport, () => lost.push("401")), sent };
}

function answer(status: string, body: string, headers = "Audit-Id: 1\r\n"): string {
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\n${headers}${length}\r\n${body}`;
}

test("a request is one connection, and its answer a Response", async () => {
  const { fake, transport, sent } = build();
  const signal = new AbortController().signal;
  const asked = transport.send("/api/v1/pods?limit=1", {
    ...sent,
    method: "POST",
    body: '{"ü":1}',
    signal,
  });
  const [head, body] = fake.last.text.split("\r\n\r\n");
  assert.match(head ?? "", /^POST \/api\/v1\/pods\?limit=1 HTTP\/1\.1\r\n/);
  assert.match(head ?? "", /\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 8/);
  assert.equal(Buffer.from(body ?? "", "latin1").toString(), '{"ü":1}');
  fake.last.say(answer("201 Created", '{"a":1}', 'Audit-Id: 1\r\nWarning: 299 - "old"\r\n'));
  const response = await asked;
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("warning"), '299 - "old"');
  assert.deepEqual(await response.json(), { a: 1 });
  assert.ok(fake.last.closed);
});

test("a body is split, because Cockpit takes no large messages", () => {
  const { fake, transport, sent } = build();
  const signal = AbortSignal.timeout(60_000);
  transport.send("/x", { ...sent, body: "x".repeat(100_000), signal }).catch(() => {});
  assert.ok(fake.last.sent.every(({ length }) => length <= 32 * 1024));
  assert.equal(fake.last.text.length - fake.last.text.indexOf("\r\n\r\n") - 4, 100_000);
});

test("a watch's events come as they are said, and to stop reading ends the connection", async () => {
  const { fake, api } = build();
  const end = new AbortController();
  const watch = api.watch(VMS, { resourceVersion: "7" }, end.signal)[Symbol.asyncIterator]();
  const begun = watch.next();
  fake.last.say("HTTP/1.1 200 OK\r\nAudit-Id: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
  assert.equal((await begun).value.type, "BOOKMARK");
  const event = '{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n';
  const next = watch.next();
  fake.last.say(`${event.length.toString(16)}\r\n${event.slice(0, 20)}`);
  fake.last.say(`${event.slice(20)}\r\n`);
  assert.equal((await next).value.object.metadata.name, "a");
  assert.ok(!fake.last.closed);
  const over = watch.next();
  end.abort(new DOMException("gone", "AbortError"));
  await assert.rejects(async () => over, { name: "AbortError" });
  assert.ok(fake.last.closed);
});

test("an answer that breaks off is an error of the connection", async () => {
  const { fake, api } = build();
  const asked = api.get(VMS, "a", { namespace: "b" });
  fake.last.say("HTTP/1.1 200 OK\r\nAudit-Id: 1\r\nContent-Length: 100\r\n\r\n{");
  fake.last.end();
  await assert.rejects(asked, (error) => error instanceof ApiError && error.code === 0);
});

test("no proxy, no bridge, no API: code 0, with the words of who could not reach it", async () => {
  const { fake, api, lost } = build();
  const gone = api.call({ path: "/version" });
  fake.last.end({ problem: "not-found", message: "No such file or directory" });
  await assert.rejects(gone, { code: 0, message: "No such file or directory" });
  const away = api.call({ path: "/version" });
  fake.last.say(
    "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\n",
  );
  fake.last.say("connection refused");
  await assert.rejects(away, { code: 0, message: "connection refused" });
  assert.deepEqual(lost, []);
});

test("the API server's own errors stay what they are", async () => {
  const { fake, api, lost } = build();
  const status = { kind: "Status", status: "Failure", code: 500, message: "etcd is away" };
  const broken = api.call({ path: "/version" });
  fake.last.say(answer("500 Internal Server Error", JSON.stringify(status)));
  await assert.rejects(broken, { code: 500, message: "etcd is away" });
  const stranger = api.call({ path: "/version" });
  fake.last.say(
    answer("401 Unauthorized", '{"kind":"Status","code":401,"message":"Unauthorized"}'),
  );
  await assert.rejects(stranger, { code: 401 });
  assert.deepEqual(lost, ["401"]);
  const verb = api.call({ path: "/apis/subresources.kubevirt.io/v1/x" });
  fake.last.say(answer("401 Unauthorized", "no right").replace("application/json", "text/plain"));
  await assert.rejects(verb, { code: 403 });
  assert.deepEqual(lost, ["401"], "KubeVirt says 401 where a right is missing");
});

test("a signal that has fired asks nothing", async () => {
  const { fake, transport, sent } = build();
  await assert.rejects(transport.send("/x", { ...sent, signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  assert.equal(fake.channels.length, 0);
});
