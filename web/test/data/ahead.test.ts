/** What was asked ahead is the answer to the same question, once, and nobody else's. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { askAhead, dropAhead, takeAhead } from "../../src/data/ahead.ts";
import { ask, openFetchTransport, THIN_TABLES } from "../../src/data/fetch.ts";
import { ACCEPT } from "../../src/data/rest.ts";

const BASE = new URL("https://pages.test/below/");
const LIST = new URL("k8s/apis/kubevirt.io/v1/virtualmachines?resourceVersion=0", BASE);
const HEADERS = { accept: ACCEPT.table };

interface Asked {
  readonly url: string;
  readonly init: RequestInit;
  readonly answer: PromiseWithResolvers<Response>;
}

let asked: Asked[];

beforeEach(() => {
  asked = [];
  mock.method(globalThis, "fetch", (url: URL, init: RequestInit) => {
    const answer = Promise.withResolvers<Response>();
    init.signal?.addEventListener("abort", () => answer.reject(init.signal?.reason));
    asked.push({ url: url.href, init, answer });
    return answer.promise;
  });
});

afterEach(() => {
  dropAhead();
  mock.restoreAll();
  mock.timers.reset();
});

test("the page's question gets the answer that was asked for before, and the next one its own", async () => {
  askAhead(LIST, { ...HEADERS, ...THIN_TABLES });
  const path = `${LIST.pathname.replace("/below/k8s", "")}${LIST.search}`;
  const { signal } = new AbortController();
  const sent = { method: "GET", headers: HEADERS, signal };
  const first = openFetchTransport(BASE).send(path, sent);
  asked[0]?.answer.resolve(new Response("early"));
  assert.equal(await (await first).text(), "early");
  const second = openFetchTransport(BASE).send(path, sent);
  assert.equal(asked.length, 2);
  asked[1]?.answer.resolve(new Response("late"));
  assert.equal(await (await second).text(), "late");
  const [early, late] = asked;
  assert.equal(early?.url, late?.url);
  assert.deepEqual(early?.init.headers, late?.init.headers);
  assert.equal(early?.init.credentials, late?.init.credentials);
  assert.equal(early?.init.redirect, late?.init.redirect);
});

test("another question gets another answer", () => {
  askAhead(LIST, HEADERS);
  assert.equal(takeAhead(LIST, { headers: { accept: ACCEPT.list } }), undefined);
  assert.equal(takeAhead(LIST, { method: "DELETE", headers: HEADERS }), undefined);
  assert.equal(takeAhead(new URL(`${LIST}&x=1`), { headers: HEADERS }), undefined);
  assert.notEqual(takeAhead(LIST, { method: "GET", headers: HEADERS }), undefined);
});

test("a question that broke is asked anew", async () => {
  askAhead(LIST, HEADERS);
  const answer = ask(LIST, { method: "GET", headers: HEADERS });
  asked[0]?.answer.reject(new TypeError("network"));
  await new Promise(setImmediate);
  assert.equal(asked.length, 2);
  asked[1]?.answer.resolve(new Response("again"));
  assert.equal(await (await answer).text(), "again");
});

test("a refusal is an answer, too", async () => {
  askAhead(LIST, HEADERS);
  const answer = ask(LIST, { headers: HEADERS });
  asked[0]?.answer.resolve(new Response("no", { status: 403 }));
  assert.equal((await answer).status, 403);
  assert.equal(asked.length, 1);
});

test("who calls off a question calls off the early one", async () => {
  askAhead(LIST, HEADERS);
  const controller = new AbortController();
  const answer = ask(LIST, { headers: HEADERS, signal: controller.signal });
  controller.abort(new Error("left"));
  await assert.rejects(answer, /left/);
  assert.equal(asked.length, 1);
  assert.ok(asked[0]?.init.signal?.aborted);
});

test("what nobody takes is dropped after a while, and when nobody is logged in", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  askAhead(LIST, HEADERS);
  mock.timers.tick(20_000);
  assert.ok(asked[0]?.init.signal?.aborted);
  assert.equal(takeAhead(LIST, { headers: HEADERS }), undefined);
  askAhead(LIST, HEADERS);
  dropAhead();
  assert.ok(asked[1]?.init.signal?.aborted);
  assert.equal(takeAhead(LIST, { headers: HEADERS }), undefined);
});
