/** Objects by kind, with versions and watches, as an API server keeps them. */
import type { KubeObject } from "../src/data/api.ts";

/** An object as JSON has it; the world writes what pages only read. */
// biome-ignore lint/suspicious/noExplicitAny: manifests of all kinds
export type Json = any;

export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly kind: string;
  readonly version: number;
  readonly object: KubeObject;
}

/** Changes that a watch may begin with; before them it is told 410. */
const KEPT_CHANGES = 2000;

export class Store {
  /** By "group/plural", then by "namespace/name". */
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  readonly #changes: Change[] = [];
  readonly #watchers = new Set<(change: Change) => void>();
  #version = 1000;
  #dropped = 0;

  /** The kinds that are served. */
  constructor(kinds: readonly string[]) {
    for (const kind of kinds) this.#kinds.set(kind, new Map());
  }

  get version(): string {
    return String(this.#version);
  }

  get kinds(): readonly string[] {
    return [...this.#kinds.keys()];
  }

  serves(kind: string): boolean {
    return this.#kinds.has(kind);
  }

  list(kind: string): KubeObject[] {
    const objects = [...this.#get(kind)];
    objects.sort(([one], [other]) => (one < other ? -1 : 1));
    return objects.map(([, object]) => object);
  }

  find(kind: string, namespace: string | undefined, name: string): Json | undefined {
    return this.#get(kind).get(identify(namespace, name));
  }

  /** Writes the object with a new version, and tells those who watch. */
  put(kind: string, object: Json): Json {
    const { namespace, name } = object.metadata;
    const key = identify(namespace, name);
    const held = this.#get(kind).get(key);
    this.#version += 1;
    const metadata = {
      uid: held?.metadata.uid ?? makeUid(this.#version),
      creationTimestamp: held?.metadata.creationTimestamp ?? now(),
      ...object.metadata,
      resourceVersion: this.version,
    };
    const written = { ...object, metadata };
    this.#get(kind).set(key, written);
    this.#tell({
      type: held ? "MODIFIED" : "ADDED",
      kind,
      version: this.#version,
      object: written,
    });
    return written;
  }

  remove(kind: string, namespace: string | undefined, name: string): void {
    const key = identify(namespace, name);
    const held = this.#get(kind).get(key);
    if (held === undefined) return;
    this.#get(kind).delete(key);
    this.#version += 1;
    const metadata = { ...held.metadata, resourceVersion: this.version };
    this.#tell({ type: "DELETED", kind, version: this.#version, object: { ...held, metadata } });
  }

  /** What happened since a version; null when that is too long ago. */
  since(version: number): readonly Change[] | null {
    if (version < this.#dropped) return null;
    return this.#changes.filter((change) => change.version > version);
  }

  watch(tell: (change: Change) => void): () => void {
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }

  #get(kind: string): Map<string, KubeObject> {
    const objects = this.#kinds.get(kind);
    if (objects === undefined) throw new Error(`the world has no ${kind}`);
    return objects;
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length > KEPT_CHANGES) this.#dropped = this.#changes.shift()?.version ?? 0;
    for (const tell of this.#watchers) tell(change);
  }
}

function identify(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** A UID that is the same in each run. */
export function makeUid(seed: number): string {
  return `00000000-0000-4000-8000-${seed.toString(16).padStart(12, "0")}`;
}

/** metav1.Time, so many seconds ago. */
export function now(secondsAgo = 0): string {
  return `${new Date(Date.now() - secondsAgo * 1000).toISOString().slice(0, 19)}Z`;
}
