/** What the API server publishes of VMs' fields: made from the same CRDs that are installed. */
import { parse } from "yaml";
import instances from "../../manifests/crds/virtualmachineinstances.yaml" with { type: "text" };
import machines from "../../manifests/crds/virtualmachines.yaml" with { type: "text" };

const META = "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const TEXTS = { type: "object", additionalProperties: { type: "string" } };

/** The OpenAPI document of kubevirt.io/v1; null for any other. */
export function buildOpenApi(path: string): object | null {
  if (path !== "/openapi/v3/apis/kubevirt.io/v1") return null;
  const schemas = Object.fromEntries([machines, instances].map((text) => readKind(parse(text))));
  const name = META.slice(META.lastIndexOf("/") + 1);
  const properties = { name: { type: "string" }, labels: TEXTS, annotations: TEXTS };
  return { components: { schemas: { ...schemas, [name]: { type: "object", properties } } } };
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Record<string, Record<string, unknown>> };
    }[];
  };
}

function readKind({ spec }: Definition): [string, object] {
  const version = spec.versions.find((each) => each.name === "v1");
  const { openAPIV3Schema = {} } = version?.schema ?? {};
  const { kind } = spec.names;
  const properties = { ...openAPIV3Schema.properties, metadata: { allOf: [{ $ref: META }] } };
  const kinds = [{ group: spec.group, version: "v1", kind }];
  return [
    `io.kubevirt.v1.${kind}`,
    { ...openAPIV3Schema, properties, "x-kubernetes-group-version-kind": kinds },
  ];
}
