import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, test } from "node:test";
import { ApiError, type KubeObject } from "../../src/data/api.ts";
import { openFetchTransport } from "../../src/data/fetch.ts";
import { openGateway } from "../../src/data/gateway.ts";
import { VMS } from "../../src/data/resources.ts";
import { FakeClock, settle } from "./fake.ts";

interface Asked {
  readonly line: string;
  readonly header: string | undefined;
  readonly body: string;
}

let server: Server;
let base: URL;
let asked: Asked[];
let clock: FakeClock;
let answer: (line: string, response: ServerResponse, request: IncomingMessage) => void;

beforeEach(async () => {
  asked = [];
  clock = new FakeClock();
  server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const line = `${request.method} ${request.url}`;
    asked.push({ line, header: request.headers["x-requested-with"] as string, body });
    answer(line, response, request);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/below/`);
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function tell(response: ServerResponse, status: number, body?: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

const WHO = { user: "ada", namespace: "team", cluster: "lab" };
const DENIED = { kind: "Status", code: 401, reason: "Unauthorized", message: "not accepted" };

function isApiError(code: number, message = /./) {
  return (error: unknown) =>
    error instanceof ApiError && error.code === code && message.test(error.message);
}

async function connect() {
  answer = (_, response) => tell(response, 200, WHO);
  const door = openGateway(base, clock);
  const lost: string[] = [];
  door.onLost = (why) => lost.push(why);
  const connection = await door.open();
  assert.ok(connection !== null);
  return { door, lost, ...connection };
}

test("who is logged in already comes in", async () => {
  const { session } = await connect();
  assert.equal(session.user, "ada");
  assert.equal(session.namespace, "team");
  assert.deepEqual(asked, [{ line: "GET /below/ui/session", header: undefined, body: "" }]);
});

test("who is not is told how to", async () => {
  const methods = { cluster: "lab", oidc: { label: "Staff", url: "ui/oidc/login" } };
  answer = (_, response) => tell(response, 401, methods);
  const door = openGateway(base, clock);
  assert.equal(await door.open(), null);
  assert.deepEqual(await door.login?.methods(), methods);
  answer = (_, response) => tell(response, 503);
  await assert.rejects(door.login?.methods() ?? Promise.resolve(), isApiError(503));
  await assert.rejects(door.open(), isApiError(503));
});

test("a login sends the token as body, with the pages' own header", async () => {
  answer = (_, response) => tell(response, 200, WHO);
  const door = openGateway(base, clock);
  await door.login?.withToken("secret");
  await door.login?.withKubeconfig("users: []");
  assert.deepEqual(asked, [
    { line: "POST /below/ui/login", header: "virtpod", body: '{"token":"secret"}' },
    { line: "POST /below/ui/login", header: "virtpod", body: '{"kubeconfig":"users: []"}' },
  ]);
});

test("a login that is refused says why", async () => {
  const door = openGateway(base, clock);
  for (const code of [400, 401, 429]) {
    answer = (_, response) => tell(response, code, { ...DENIED, code, message: `no: ${code}` });
    await assert.rejects(door.login?.withToken("x") ?? Promise.resolve(), isApiError(code, /no: /));
  }
});

const SHORT = { ...WHO, seconds: 60, renews: true };

/** Waits until so many requests have come. */
async function untilAsked(number: number): Promise<void> {
  while (asked.length < number) await settle();
  await settle();
}

test("a session that was asleep is renewed before the page is shown", async () => {
  answer = (line, response) =>
    line.startsWith("GET") ? tell(response, 401, { renews: true }) : tell(response, 200, SHORT);
  assert.equal((await openGateway(base, clock).open())?.session.user, "ada");
  assert.deepEqual(asked[1], { line: "POST /below/ui/session/renew", header: "virtpod", body: "" });
  for (const code of [401, 403]) {
    answer = (line, response) =>
      line.startsWith("GET")
        ? tell(response, 401, { renews: true })
        : tell(response, code, { ...DENIED, code });
    assert.equal(await openGateway(base, clock).open(), null);
  }
  answer = (line, response) => tell(response, line.startsWith("GET") ? 401 : 503, { renews: true });
  await assert.rejects(openGateway(base, clock).open(), isApiError(503));
});

test("a session is renewed before it ends, until somebody logs out", async () => {
  answer = (_, response) => tell(response, 200, SHORT);
  const door = openGateway(base, clock);
  const connection = await door.open();
  await clock.pass(29_000);
  assert.equal(asked.length, 1);
  await clock.pass(1000);
  await untilAsked(2);
  assert.equal(asked[1]?.line, "POST /below/ui/session/renew");
  answer = (_, response) => response.writeHead(204).end();
  await connection?.session.logout?.();
  assert.deepEqual(clock.held, { timers: 0, wakes: 0, frames: 0 });
});

test("after the token's end the session is renewed before anything is asked, and 401 ends it", async () => {
  answer = (_, response) => tell(response, 200, SHORT);
  const door = openGateway(base, clock);
  const lost: string[] = [];
  door.onLost = (why) => lost.push(why);
  const connection = await door.open();
  // the page's own try fails meanwhile
  answer = (_, response) => tell(response, 503);
  await clock.pass(61_000);
  await untilAsked(2);
  answer = (line, response) =>
    tell(response, 200, line.includes("renew") ? SHORT : { items: [], metadata: {} });
  const before = asked.length;
  await Promise.all([connection?.api.list(VMS), connection?.api.list(VMS)]);
  const lines = asked.slice(before).map(({ line }) => line.replace(/ .*\//, " "));
  assert.deepEqual(lines, ["POST renew", "GET virtualmachines", "GET virtualmachines"]);
  answer = (_, response) => tell(response, 401, DENIED);
  await assert.rejects(connection?.api.list(VMS) ?? Promise.resolve(), isApiError(401));
  await settle();
  assert.equal(lost.length, 1);
});

test("calls go below k8s/, with the header where they change something", async () => {
  const { api } = await connect();
  answer = (_, response) => tell(response, 200, { items: [], metadata: {} });
  await api.list(VMS, { namespace: "a", labelSelector: "a=b" });
  await api.create(VMS, { metadata: { name: "x", namespace: "a" } });
  const path = "/below/k8s/apis/kubevirt.io/v1/namespaces/a/virtualmachines";
  assert.deepEqual(
    asked.slice(1).map(({ line, header }) => [line, header]),
    [
      [`GET ${path}?labelSelector=a%3Db`, undefined],
      [`POST ${path}?fieldManager=virtpod-web`, "virtpod"],
    ],
  );
});

test("a path that a URL would make another one of is not asked", async () => {
  const { api } = await connect();
  for (const path of ["/../ui/logout", "/api/../../ui", "/api/%2e%2e/x", "/a#b", "/a\\..\\b"]) {
    await assert.rejects(api.call({ path }), isApiError(400), path);
  }
  assert.equal(asked.length, 1);
});

test("401 is the end of the session, told once", async () => {
  const { api, lost } = await connect();
  answer = (_, response) => tell(response, 401, DENIED);
  await Promise.allSettled([api.list(VMS), api.list(VMS), api.list(VMS)]);
  assert.equal(lost.length, 1);
});

test("403 is not, and neither is 401 for who has logged out or come in anew", async () => {
  const { door, api, session, lost } = await connect();
  answer = (_, response) => tell(response, 403, { ...DENIED, code: 403 });
  await assert.rejects(api.list(VMS), isApiError(403));
  answer = (_, response) => tell(response, 200, WHO);
  await door.login?.withToken("other");
  answer = (line, response) =>
    line.endsWith("logout") ? response.writeHead(204).end() : tell(response, 401, DENIED);
  await assert.rejects(api.list(VMS), isApiError(401));
  await session.logout?.();
  await assert.rejects(api.list(VMS), isApiError(401));
  assert.deepEqual(lost, []);
});

test("a gateway that is away is code 0; so is one that is another server", async () => {
  const { api, lost } = await connect();
  answer = (_, response) => response.writeHead(302, { location: "/elsewhere" }).end();
  await assert.rejects(api.list(VMS), isApiError(0));
  answer = (_, response) => response.writeHead(200).end("<html>");
  await assert.rejects(openGateway(base, clock).open(), isApiError(0, /gateway/));
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await assert.rejects(api.list(VMS), isApiError(0));
  await assert.rejects(openGateway(base, clock).open(), isApiError(0));
  assert.deepEqual(lost, []);
});

test("a log comes while it is written, and its request ends with the reader", async () => {
  const { api } = await connect();
  const ended = new Promise<void>((resolve) => {
    answer = (_, response, request) => {
      request.socket.once("close", () => resolve());
      response.write("first");
    };
  });
  for await (const text of api.text({ path: "/api/v1/namespaces/a/pods/x/log" })) {
    assert.equal(text, "first");
    break;
  }
  await ended;
});

test("watches and consoles are websockets of the same server", async (t) => {
  const opened: [string, readonly string[]][] = [];
  class FakeSocket {
    onmessage: ((event: { data: string }) => void) | null = null;
    constructor(url: URL, protocols: readonly string[]) {
      opened.push([url.href, protocols]);
      queueMicrotask(() => this.onmessage?.({ data: "" }));
      const status = { ...DENIED };
      const data = JSON.stringify({ type: "ERROR", object: status });
      queueMicrotask(() => this.onmessage?.({ data }));
    }
    close() {}
  }
  t.mock.property(globalThis, "WebSocket", FakeSocket as never);
  const { api, lost } = await connect();
  api.stream("/apis/x/console", ["plain.kubevirt.io"]);
  const secure = openFetchTransport(new URL("https://vms.example/"));
  secure.stream("/apis/x/vnc");
  const which = { resourceVersion: "1" };
  const watch = async () => {
    const seen: KubeObject[] = [];
    const { signal } = new AbortController();
    for await (const event of api.watchTable(VMS, which, signal)) seen.push(event as never);
    return seen;
  };
  await assert.rejects(watch(), isApiError(401));
  assert.equal(lost.length, 1);
  const root = base.href.replace("http", "ws");
  assert.deepEqual(opened[0], [`${root}k8s/apis/x/console`, ["plain.kubevirt.io"]]);
  assert.deepEqual(opened[1], ["wss://vms.example/k8s/apis/x/vnc", []]);
  assert.ok(opened[2]?.[0].startsWith(`${root}k8s/apis/kubevirt.io/v1/virtualmachines?watch=true`));
  assert.deepEqual(opened[2]?.[1], ["table.watch.virtpod.io"]);
});
