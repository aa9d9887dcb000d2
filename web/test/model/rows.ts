/** Rows for tests of what works on rows. */
import type { Row } from "../../src/model/row.ts";

export function makeRow(change: Partial<Row> = {}): Row {
  const { kind = "VirtualMachine", namespace = "default", name = "vm" } = change;
  return {
    key: `${kind}/${namespace}/${name}`,
    kind,
    namespace,
    name,
    uid: `uid-${name}`,
    status: "Running",
    ready: "True",
    paused: false,
    node: "node1",
    ip: "10.0.0.1",
    cpu: 1,
    memory: "1Gi",
    memoryBytes: 2 ** 30,
    instancetype: "",
    reason: "",
    created: 0,
    deleting: false,
    labels: {},
    owner: null,
    ...change,
  };
}
