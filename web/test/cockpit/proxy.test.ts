import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cockpit, Spawned, SpawnFailure } from "../../src/data/cockpit-bridge.ts";
import {
  ProxyError,
  parseContexts,
  readContexts,
  startProxy,
} from "../../src/data/cockpit-proxy.ts";

/** A program that the test plays. */
function play() {
  const end = Promise.withResolvers<string>();
  let heard: (text: string) => void = () => {};
  const argvs: (readonly string[])[] = [];
  const spawned: Spawned = {
    // biome-ignore lint/suspicious/noThenProperty: Cockpit's programs are promises
    then: end.promise.then.bind(end.promise),
    stream(listener) {
      heard = listener;
      return spawned;
    },
    close: (problem) => end.reject({ problem }),
  };
  const cockpit = {
    spawn: (argv: readonly string[]) => {
      argvs.push(argv);
      return spawned;
    },
  } as unknown as Cockpit;
  const fail = (failure: SpawnFailure) => end.reject(failure);
  return { cockpit, argvs, print: (text: string) => heard(text), fail, finish: end.resolve };
}

const CONFIG = JSON.stringify({
  contexts: [
    { name: "one", context: { cluster: "c", user: "u", namespace: "team" } },
    { name: "two", context: { cluster: "d", user: "u" } },
  ],
  "current-context": "two",
});

test("contexts have names, namespaces, and the one that kubectl would take", () => {
  const contexts = parseContexts(CONFIG);
  assert.deepEqual([contexts.names, contexts.current], [["one", "two"], "two"]);
  assert.deepEqual([...contexts.namespaces.values()], ["team", "default"]);
  assert.equal(parseContexts(CONFIG.replace('"two"}', '"gone"}')).current, "one");
});

test("no kubeconfig is an empty one, and what is no JSON is told", () => {
  assert.deepEqual(parseContexts('{"contexts":null,"current-context":""}').names, []);
  assert.throws(() => parseContexts("error: …"), ProxyError);
});

test("the socket is where the program says, whole, once it listens", async () => {
  const { cockpit, argvs, print } = play();
  const started = startProxy(cockpit, "my context; rm -rf ~");
  print("/run/user/1000/virt");
  print("pod.x/api\n");
  assert.equal((await started).unix, "/run/user/1000/virtpod.x/api");
  assert.equal(argvs[0]?.at(-1), "my context; rm -rf ~", "a name is an argument, never a command");
  assert.ok(!argvs[0]?.[2]?.includes("my context"));
});

test("why it did not start is told by kind", async () => {
  const cases: [SpawnFailure, ProxyError["kind"], string][] = [
    [{ exit_status: 127, message: "" }, "missing", ""],
    [{ problem: "not-found" }, "missing", ""],
    [{ exit_status: 1, message: "error: no such context\n" }, "failed", "error: no such context"],
    [{ problem: "disconnected" }, "lost", "disconnected"],
  ];
  for (const [failure, kind, message] of cases) {
    const { cockpit, fail } = play();
    const started = startProxy(cockpit, "one");
    fail(failure);
    await assert.rejects(started, { kind, message });
  }
  const { cockpit, fail } = play();
  const asked = readContexts(cockpit);
  fail({ problem: "not-found" });
  await assert.rejects(asked, { kind: "missing" });
});

test("an end after the start is told to who waits for it", async () => {
  const { cockpit, print, fail } = play();
  const started = startProxy(cockpit, "one");
  print("/tmp/x/api\n");
  const proxy = await started;
  fail({ problem: "terminated" });
  assert.equal((await proxy.ended).kind, "lost");
});
