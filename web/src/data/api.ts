/**
 * The one door to the cluster. Pages know nothing else of it: whether requests go through the
 * gateway (standalone) or through Cockpit's channels is decided in the entry file.
 *
 * Everything is done with the rights of the user who is logged in, and with no others.
 */
import type { Keeper } from "./keeper.ts";

/** A kind of object; group "" is the core group. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** What is used of metav1.ObjectMeta. */
export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Metadata;
}

export interface List<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string };

/** Which objects; without a namespace those of all namespaces. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** How new a list must be: "0" takes what the API server remembers; without it, the newest. */
export interface ListSelection extends Selection {
  readonly resourceVersion?: string;
}

/** One column and one row of a metav1.Table: the API server computes what kubectl shows. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly priority: number;
}
export interface TableRow {
  /** Values by column, in the columns' order. */
  readonly cells: readonly unknown[];
  /** A PartialObjectMetadata. */
  readonly object: KubeObject;
}
export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
  readonly resourceVersion: string;
}

/** One field that is wrong, as metav1.StatusCause has it. */
export interface Cause {
  readonly field?: string;
  readonly message: string;
  readonly reason?: string;
}

/**
 * A refusal. `code` is HTTP's; 0 means that the API could not be reached, and what is asked may be
 * tried again. `reason` and `causes` are those of the metav1.Status.
 */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly causes: readonly Cause[];

  constructor(code: number, message: string, reason = "", causes: readonly Cause[] = []) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.reason = reason;
    this.causes = causes;
  }
}

export type PatchKind = "merge" | "json" | "apply";

export interface WriteOptions {
  readonly namespace?: string;
  readonly subresource?: string;
  /** Validate, and change nothing. */
  readonly dryRun?: boolean;
  /** Refuse fields that the schema does not have, as kubectl does (fieldValidation=Strict). */
  readonly strict?: boolean;
  /** Told each Warning header of the answer. */
  readonly onWarning?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** A websocket's two directions, as the browser's WebSocket has them: noVNC takes it as it is. */
export interface Stream {
  binaryType: BinaryType;
  readonly protocol: string;
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(data: string | BufferSource): void;
  close(code?: number, reason?: string): void;
}

/** A request to a path that is none of the verbs below; `path` begins with a slash. */
export interface Call {
  readonly method?: "GET" | "PUT" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/**
 * Every method throws ApiError, and DOMException "AbortError" when its signal fires. Calls without
 * a signal of their own end after 30 s; watches and streams do not end by time.
 */
export interface Api {
  list<T extends KubeObject>(
    resource: Resource,
    selection?: ListSelection,
    signal?: AbortSignal,
  ): Promise<List<T>>;
  table(resource: Resource, selection?: ListSelection, signal?: AbortSignal): Promise<Table>;
  /**
   * Begins with a bookmark of the version that was asked for, as soon as the API server has taken
   * the watch. Ends when the API server ends it; throws code 410 when the version is too old.
   */
  watch<T extends KubeObject>(
    resource: Resource,
    selection: Selection & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** The same, each event with one row. */
  watchTable(
    resource: Resource,
    selection: Selection & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<TableRow & KubeObject>>;
  get<T extends KubeObject>(
    resource: Resource,
    name: string,
    options?: { namespace?: string; signal?: AbortSignal },
  ): Promise<T>;
  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  /** PUT: fails with 409 when the object has changed since it was read. */
  replace<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource,
    name: string,
    patch: unknown,
    options?: WriteOptions & { kind?: PatchKind },
  ): Promise<T>;
  delete(
    resource: Resource,
    name: string,
    options?: WriteOptions & { uid?: string; propagation?: "Background" | "Foreground" | "Orphan" },
  ): Promise<void>;
  /** The body as parsed JSON; undefined when there is none. */
  call(call: Call): Promise<unknown>;
  /** The body as bytes: screenshots. */
  bytes(call: Call): Promise<Blob>;
  /** The body as text, piece by piece: `kubectl logs --follow`. */
  text(call: Call): AsyncIterable<string>;
  /** A websocket to the API server; `path` may have a query. */
  stream(path: string, protocols?: readonly string[]): Stream;
}

/** The clusters that the user's kubeconfig knows. */
export interface ContextChoice {
  readonly names: readonly string[];
  readonly current: string;
  /** Starts the page anew, in that context. */
  choose(name: string): void;
}

/** Who is logged in, and what to do about it. */
export interface Session {
  readonly user: string;
  /** Namespace that the user's kubeconfig or token says. */
  readonly namespace: string;
  /** Name of the cluster, where somebody has told it. */
  readonly cluster?: string;
  /** Undefined where somebody else, as Cockpit, has the session. */
  readonly logout?: () => Promise<void>;
  /** The user's kubeconfig, where the session is of one. */
  readonly contexts?: ContextChoice;
  /** Knows when the session ends, where that is known. */
  readonly keeper?: Keeper;
  /** Address of a page that logs the same user in again. */
  readonly again?: string;
}
