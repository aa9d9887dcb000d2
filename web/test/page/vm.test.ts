import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Api, ApiError, type Call } from "../../src/data/api.ts";
import { type Followed, followLog } from "../../src/page/vm/followLog.ts";
import { isServed } from "../../src/page/vm/served.ts";

const GROUPS = { groups: [{ versions: [{ groupVersion: "snapshot.kubevirt.io/v1beta1" }] }] };
const RESOURCES = { resources: [{ name: "virtualmachinesnapshots" }] };

function api(call: (call: Call) => unknown): { api: Api; paths: string[] } {
  const paths: string[] = [];
  const answer = async (asked: Call) => {
    paths.push(asked.path);
    return call(asked);
  };
  return { api: { call: answer } as unknown as Api, paths };
}

describe("whether a kind is served", () => {
  test("is asked once, and never about a version that there is not", async () => {
    const { api: served, paths } = api(({ path }) => (path === "/apis" ? GROUPS : RESOURCES));
    const ask = (version: string, plural: string) => isServed(served, version, plural);
    assert.equal(await ask("snapshot.kubevirt.io/v1beta1", "virtualmachinesnapshots"), true);
    assert.equal(await ask("snapshot.kubevirt.io/v1beta1", "others"), false);
    assert.equal(await ask("snapshot.kubevirt.io/v1", "virtualmachinesnapshots"), false);
    assert.deepEqual(paths, ["/apis", "/apis/snapshot.kubevirt.io/v1beta1"]);
  });

  test("is asked again after a failure", async () => {
    let fails = true;
    const { api: shaky } = api(({ path }) => {
      if (fails) throw new ApiError(0, "away");
      return path === "/apis" ? GROUPS : RESOURCES;
    });
    const ask = () => isServed(shaky, "snapshot.kubevirt.io/v1beta1", "virtualmachinesnapshots");
    await assert.rejects(ask());
    fails = false;
    assert.equal(await ask(), true);
  });
});

describe("following a log", () => {
  /** Each answer is its pieces, and how it ends. */
  function follow(answers: (string | Error)[][], runs: () => boolean) {
    const queries: Record<string, string>[] = [];
    const told: Followed[] = [];
    const ending = new AbortController();
    async function* text({ query = {} }: Call) {
      queries.push(query as Record<string, string>);
      const answer = answers.shift();
      if (answer === undefined) return ending.abort();
      for (const piece of answer) {
        if (piece instanceof Error) throw piece;
        yield piece;
      }
    }
    const done = followLog({
      api: { text } as unknown as Api,
      namespace: "ns",
      pod: "vm",
      signal: ending.signal,
      runs,
      tell: (each) => told.push(each),
    });
    return { done, queries, told };
  }
  const texts = (followed: Followed | undefined) => followed?.log.lines.map((each) => each.text);

  test("ends with the guest, and shows its unfinished line", async () => {
    const { done, told, queries } = follow([["2026-11-23T08:00:00Z a\nlog", "in: "]], () => false);
    await done;
    assert.equal(told.at(-1)?.state, "ended");
    assert.deepEqual(texts(told.at(-1)), ["a", "login: "]);
    assert.equal(queries[0]?.container, "guest");
    assert.equal(queries[0]?.tailLines, "5000");
  });

  test("goes on where it broke off, without repeating a line", async () => {
    const lost = new ApiError(0, "the connection broke");
    const again = "2026-11-23T08:00:00.5Z a\n2026-11-23T08:00:00.7Z b\n";
    const { done, told, queries } = follow(
      [["2026-11-23T08:00:00.5Z a\n2026-11-23T08:00", lost], [again]],
      () => false,
    );
    await done;
    assert.ok(told.some((each) => each.state === "broken" && each.error === lost));
    assert.deepEqual(texts(told.at(-1)), ["a", "b"]);
    assert.equal(queries[1]?.sinceTime, "2026-11-23T08:00:00Z");
    assert.equal(queries[1]?.tailLines, undefined);
  });

  test("is over when it is refused", async () => {
    const refused = new ApiError(403, "no");
    const { done, told, queries } = follow([[refused], ["x\n"]], () => true);
    await done;
    assert.deepEqual(told.at(-1), { log: told[0]?.log, state: "refused", error: refused });
    assert.equal(queries.length, 1);
  });
});
