/** What the API server says of its kinds' fields (OpenAPI v3); pure. */
import { isRecord } from "../model/draft.ts";
import { ITEM } from "./cursor.ts";

/** As much of OpenAPI's schema as is shown. */
interface Schema {
  readonly [field: string]: unknown;
}

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A field as it is offered and explained. */
export interface Field {
  readonly name: string;
  /** "string", "integer", "[]object", "map of string", … */
  readonly type: string;
  readonly description: string;
  readonly required: boolean;
  /** The only values that it can have. */
  readonly values: readonly string[];
  readonly bounds: string;
}

/** One kind within an OpenAPI document; asks for nothing. */
export class KindSchema {
  readonly #schemas: Record<string, unknown>;
  readonly #root: Schema | null;

  constructor(document: unknown, kind: Kind) {
    const components = isRecord(document) ? document.components : undefined;
    const schemas = isRecord(components) ? components.schemas : undefined;
    this.#schemas = isRecord(schemas) ? schemas : {};
    this.#root = Object.values(this.#schemas).filter(isRecord).find(isOfKind(kind)) ?? null;
  }

  /** Whether the document has the kind. */
  get known(): boolean {
    return this.#root !== null;
  }

  /** Fields of the object at a path, by name; none where anything may stand. */
  listFields(path: readonly string[]): Field[] {
    const schema = this.#follow(path);
    if (schema === null) return [];
    const required = Array.isArray(schema.required) ? schema.required : [];
    return Object.entries(this.#properties(schema))
      .map(([name, each]) => this.#describe(name, each, required.includes(name)))
      .sort((one, other) => Number(other.required) - Number(one.required) || order(one, other));
  }

  /** The field at a path. */
  findField(path: readonly string[]): Field | null {
    const name = path.at(-1) ?? "";
    const parent = this.#follow(path.slice(0, -1));
    const schema = this.#follow(path);
    if (parent === null || schema === null) return null;
    const required = Array.isArray(parent.required) && parent.required.includes(name);
    return this.#describe(name, schema, required);
  }

  /** What is offered where a value is written. */
  listValues(path: readonly string[]): readonly string[] {
    const schema = this.#follow(path);
    return schema === null ? [] : listValues(this.#resolve(schema));
  }

  #follow(path: readonly string[]): Schema | null {
    let here = this.#root === null ? null : this.#resolve(this.#root);
    for (const step of path) {
      if (here === null) return null;
      const next = step === ITEM ? here.items : this.#child(here, step);
      here = isRecord(next) ? this.#resolve(next) : null;
    }
    return here;
  }

  #child(schema: Schema, name: string): unknown {
    const properties = this.#properties(schema);
    return Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
  }

  #properties(schema: Schema): Record<string, Schema> {
    return isRecord(schema.properties) ? (schema.properties as Record<string, Schema>) : {};
  }

  /** Kubernetes writes a reference as allOf of one, with the field's own words beside it. */
  #resolve(schema: Schema, depth = 0): Schema {
    const parts = Array.isArray(schema.allOf) ? schema.allOf.filter(isRecord) : [];
    const names = [schema, ...parts]
      .map((each) => each.$ref)
      .filter((each) => typeof each === "string");
    const name = names[0]?.replace("#/components/schemas/", "");
    const target = name === undefined ? undefined : this.#schemas[name];
    if (!isRecord(target) || depth > 8) return schema;
    return { ...this.#resolve(target, depth + 1), ...schema };
  }

  #describe(name: string, schema: Schema, required: boolean): Field {
    const whole = this.#resolve(schema);
    return {
      name,
      type: this.#nameType(whole),
      description: typeof whole.description === "string" ? whole.description : "",
      required,
      values: listValues(whole),
      bounds: describeBounds(whole),
    };
  }

  #nameType(schema: Schema): string {
    if (isRecord(schema.items)) return `[]${this.#nameType(this.#resolve(schema.items))}`;
    const values = schema.additionalProperties;
    if (isRecord(values)) return `map of ${this.#nameType(this.#resolve(values))}`;
    if (schema["x-kubernetes-int-or-string"] === true) return "integer or string";
    return typeof schema.type === "string" ? schema.type : "object";
  }
}

function isOfKind(kind: Kind): (schema: Schema) => boolean {
  return (schema) => {
    const kinds = schema["x-kubernetes-group-version-kind"];
    const same = (each: unknown) =>
      isRecord(each) &&
      each.group === kind.group &&
      each.version === kind.version &&
      each.kind === kind.kind;
    return Array.isArray(kinds) && kinds.some(same);
  };
}

function order(one: Field, other: Field): number {
  return one.name.localeCompare(other.name, "en");
}

function listValues(schema: Schema): readonly string[] {
  if (schema.type === "boolean") return ["true", "false"];
  if (!Array.isArray(schema.enum)) return [];
  return schema.enum
    .filter((each) => typeof each === "string" || typeof each === "number")
    .map(String);
}

const BOUNDS = ["minimum", "maximum", "minLength", "maxLength", "maxItems", "pattern", "format"];

function describeBounds(schema: Schema): string {
  const known = BOUNDS.filter((each) => schema[each] !== undefined);
  return known.map((each) => `${each}: ${String(schema[each])}`).join(", ");
}

/** Path of the document with a kind's schema. */
export function pathOfDocument({ group, version }: Omit<Kind, "kind">): string {
  return group === "" ? `/openapi/v3/api/${version}` : `/openapi/v3/apis/${group}/${version}`;
}
