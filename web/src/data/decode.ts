/** What an API server's answers mean: tables, watch events, and refusals. */
import {
  ApiError,
  type Cause,
  type KubeObject,
  type Table,
  type TableColumn,
  type TableRow,
  type WatchEvent,
} from "./api.ts";

/** What kubectl leaves behind; as long as the object itself, and no page shows it. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

interface RawTable {
  readonly kind?: string;
  readonly metadata?: { readonly resourceVersion?: string };
  readonly columnDefinitions?: readonly Partial<TableColumn>[];
  readonly rows?: readonly { readonly cells?: readonly unknown[]; readonly object?: KubeObject }[];
}

/** A refusal from the body of an answer: a metav1.Status, or whatever text a proxy sends. */
export function readStatus(code: number, body: string): ApiError {
  try {
    const status = JSON.parse(body) as unknown;
    if (isStatus(status)) return buildError(code, status);
  } catch {
    // no JSON: the text itself is the message
  }
  const text = body.trim().slice(0, 300);
  const message = text === "" || text.startsWith("<") ? `the API answered with ${code}` : text;
  return new ApiError(code, message);
}

/** The texts of a Warning header: `299 - "text", 299 - "another \\"text\\""`. */
export function readWarnings(header: string | null): string[] {
  const quoted = /\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g;
  const found = (header ?? "").matchAll(quoted);
  return Array.from(found, ([, text = ""]) => text.replaceAll(/\\(.)/g, "$1"));
}

/** Without managedFields: half of an object's size, and shown by nothing here. */
export function strip<T extends KubeObject>(object: T): T {
  const metadata = object.metadata as { managedFields?: unknown };
  if (metadata?.managedFields !== undefined) delete metadata.managedFields;
  return object;
}

/** Throws ApiError when the answer is no table. */
export function decodeTable(body: unknown): Table {
  const table = body as RawTable | undefined;
  if (table?.kind !== "Table") throw new ApiError(406, "the API answered without a table");
  return {
    columns: (table.columnDefinitions ?? []).map(({ name = "", type = "", priority = 0 }) => ({
      name,
      type,
      priority,
    })),
    rows: decodeRows(table),
    resourceVersion: table.metadata?.resourceVersion ?? "",
  };
}

/** One line of a watch; null for a type that is not known. Throws ApiError for ERROR events. */
export function decodeWatch<T extends KubeObject>(line: string): WatchEvent<T> | null {
  const { type, object } = parseEvent(line);
  if (type === "BOOKMARK") {
    return { type, resourceVersion: (object as T).metadata?.resourceVersion ?? "" };
  }
  if (!isChange(type)) return null;
  return { type, object: strip(object as T) };
}

/** The same for a watch of tables: each event brings a table with one row. */
export function decodeWatchRow(line: string): WatchEvent<TableRow & KubeObject> | null {
  const { type, object } = parseEvent(line);
  const table = object as RawTable;
  if (type === "BOOKMARK") {
    const inner = table.rows?.[0]?.object?.metadata?.resourceVersion;
    return { type, resourceVersion: inner ?? table.metadata?.resourceVersion ?? "" };
  }
  if (!isChange(type)) return null;
  const [row] = decodeRows(table);
  if (row === undefined) return null;
  return { type, object: { ...row, metadata: row.object.metadata } };
}

function decodeRows(table: RawTable): TableRow[] {
  const rows: TableRow[] = [];
  for (const { cells = [], object } of table.rows ?? []) {
    if (object?.metadata?.name === undefined) continue;
    const annotations = object.metadata.annotations as Record<string, string> | undefined;
    if (annotations?.[LAST_APPLIED] !== undefined) delete annotations[LAST_APPLIED];
    rows.push({ cells, object: strip(object) });
  }
  return rows;
}

function parseEvent(line: string): { type: string; object: unknown } {
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = JSON.parse(line);
  } catch {
    throw new ApiError(0, "the watch sent something that is no event");
  }
  const { type, object } = event ?? {};
  if (typeof type !== "string" || typeof object !== "object" || object === null) {
    throw new ApiError(0, "the watch sent something that is no event");
  }
  if (type === "ERROR") throw buildError(500, object as RawStatus);
  return { type, object };
}

function isChange(type: string): type is "ADDED" | "MODIFIED" | "DELETED" {
  return type === "ADDED" || type === "MODIFIED" || type === "DELETED";
}

interface RawStatus {
  readonly kind?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly Partial<Cause>[] };
}

function isStatus(body: unknown): body is RawStatus {
  return typeof body === "object" && body !== null && (body as RawStatus).kind === "Status";
}

function buildError(code: number, status: RawStatus): ApiError {
  const causes = (status.details?.causes ?? []).map(({ field, message = "", reason }) => ({
    field,
    message,
    reason,
  }));
  const message = status.message || status.reason || `the API answered with ${code}`;
  return new ApiError(status.code || code, message, status.reason ?? "", causes);
}
