/** Addresses behind the hash: what is a path, what is a query, and what goes along. */
import assert from "node:assert/strict";
import test from "node:test";
import { carryNamespace, joinAddress, splitAddress, vmPath } from "../../src/app/query.ts";

test("an address is a path and a query", () => {
  assert.deepEqual(splitAddress(""), ["/", ""]);
  assert.deepEqual(splitAddress("#/vms?q=a?b"), ["/vms", "q=a?b"]);
  assert.deepEqual(splitAddress("vms"), ["/vms", ""]);
  assert.equal(joinAddress("/vms", new URLSearchParams()), "/vms");
  assert.equal(joinAddress("/vms", new URLSearchParams({ q: "a b" })), "/vms?q=a+b");
});

test("the chosen namespace goes along, and nothing else does", () => {
  assert.equal(carryNamespace("/nodes", "#/vms?namespace=lab&q=x"), "/nodes?namespace=lab");
  assert.equal(carryNamespace("/vms?q=y", "#/?namespace=lab"), "/vms?q=y&namespace=lab");
  assert.equal(carryNamespace("/nodes", "#/vms?q=x"), "/nodes");
});

test("a link may say its own namespace, or that it means all", () => {
  assert.equal(carryNamespace("/vms?namespace=shop", "#/?namespace=lab"), "/vms?namespace=shop");
  assert.equal(carryNamespace("/vms?namespace=", "#/?namespace=lab"), "/vms");
});

test("names in a path cannot leave it", () => {
  assert.equal(vmPath("a/b", "c?d#e", "log"), "/vms/a%2Fb/c%3Fd%23e/log");
  assert.equal(vmPath("lab", "web"), "/vms/lab/web");
});
