/** What the search box finds, and in which order. */
import assert from "node:assert/strict";
import test from "node:test";
import { findNamed } from "../../src/model/find.ts";

const ALL = ["lab/web", "lab/web-2", "shop/my-web", "web/database", "shop/mail"].map((each) => {
  const [namespace = "", name = ""] = each.split("/");
  return { namespace, name };
});
const names = (text: string, limit = 10) => {
  const { found, total } = findNamed(ALL, text, limit);
  return [total, ...found.map(({ namespace, name }) => `${namespace}/${name}`)];
};

test("exact names come first, then beginnings, parts, and namespaces", () => {
  assert.deepEqual(names("web"), [4, "lab/web", "lab/web-2", "shop/my-web", "web/database"]);
});

test("every word has to be somewhere, in any case", () => {
  assert.deepEqual(names("SHOP Web"), [1, "shop/my-web"]);
  assert.deepEqual(names("web nothing"), [0]);
});

test("no text finds nothing, and a limit is one", () => {
  assert.deepEqual(names("  "), [0]);
  assert.deepEqual(names("web", 1), [4, "lab/web"]);
});
