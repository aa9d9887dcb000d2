/** Label and field selectors, as far as pages use them. */
import type { KubeObject } from "../src/data/api.ts";
import type { Json } from "./store.ts";

type Test = (object: KubeObject) => boolean;

/** Says whether an object is one of those that a query selects. */
export function buildTest(namespace: string | undefined, query: URLSearchParams): Test {
  const labels = parse(query.get("labelSelector"));
  const fields = parse(query.get("fieldSelector"));
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    labels.every((test) => test((key) => object.metadata.labels?.[key])) &&
    fields.every((test) => test((path) => readPath(object, path)));
}

function parse(text: string | null): ((read: (key: string) => string | undefined) => boolean)[] {
  const parts = (text ?? "").match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
  return parts.map((part) => {
    const set = /^\s*(\S+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(part);
    if (set !== null) {
      const values = new Set((set[3] ?? "").split(",").map((each) => each.trim()));
      return (read) => values.has(read(set[1] as string) ?? "") === (set[2] === "in");
    }
    const [, key = "", operator, value] =
      /^\s*(!?[^=!\s]+)\s*(==?|!=)?\s*(.*?)\s*$/.exec(part) ?? [];
    if (operator === "!=") return (read) => read(key) !== value;
    if (operator !== undefined) return (read) => (read(key) ?? "") === value;
    if (key.startsWith("!")) return (read) => read(key.slice(1)) === undefined;
    return (read) => read(key) !== undefined;
  });
}

function readPath(object: Json, path: string): string | undefined {
  return path.split(".").reduce((value, part) => value?.[part], object);
}
