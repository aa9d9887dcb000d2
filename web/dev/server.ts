/**
 * An API server in memory: lists, tables, watches, writes, verbs and rights, for the pages' own
 * transport. It knows what pages need, and makes no claim beyond that.
 */
import type { Stream } from "../src/data/api.ts";
import type { Sent, Transport } from "../src/data/rest.ts";
import { discover } from "./discovery.ts";
import { makeGuest } from "./guest.ts";
import { VMI } from "./machine.ts";
import { jsonPatch, mergePatch, PatchError } from "./patch.ts";
import { Refused, renderStatus } from "./refusal.ts";
import { buildTest } from "./select.ts";
import type { Json, Store } from "./store.ts";
import { MemoryStream } from "./stream.ts";
import { renderTable } from "./table.ts";
import type { Verbs } from "./verb.ts";
import { openWatch } from "./watch.ts";

/** tenant may what edit may, and only in the namespace lab; vms may all with VMs, and nothing else. */
export type User = "admin" | "edit" | "view" | "tenant" | "vms";

interface Place {
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

const LATENCY = 15;
const READ = new Set(["get", "list", "watch"]);
/** What the role view may not even read. */
const CLOSED = ["console", "vnc", "portforward", "secrets"];

export class Server implements Transport {
  /** False: nothing answers, and watches break. */
  #online = true;
  #sessionEnded = false;
  readonly #store: Store;
  readonly #verbs: Verbs;
  readonly #user: User;
  readonly #breaks = new Set<() => void>();

  constructor(store: Store, verbs: Verbs, user: User) {
    this.#store = store;
    this.#verbs = verbs;
    this.#user = user;
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (!online) for (const each of this.#breaks) each();
  }

  /** From now on each answer is 401. */
  endSession(): void {
    this.#sessionEnded = true;
  }

  async send(path: string, { method, headers, body, signal }: Sent): Promise<Response> {
    await wait(LATENCY, signal);
    if (!this.#online) throw new TypeError("the world is offline");
    const url = new URL(path, "http://world");
    try {
      if (this.#sessionEnded) throw new Refused(401, "Unauthorized");
      return await this.#answer(method, url, headers, body, signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return Response.json(renderStatus(error), { status: error.code });
    }
  }

  stream(path: string): Stream {
    const { pathname } = new URL(path, "http://world");
    const place = parsePath(pathname);
    const guest = place !== null && this.#opens(place) ? makeGuest(pathname) : null;
    const lost = () => stream.end(1006);
    const unwatch = this.#store.watch(({ kind, type, object }) => {
      const same = object.metadata.name === place?.name && kind === VMI;
      if (same && (type === "DELETED" || (object as Json).status?.phase !== "Running"))
        stream.end(1000);
    });
    const stream = new MemoryStream(guest, () => {
      unwatch();
      this.#breaks.delete(lost);
    });
    this.#breaks.add(lost);
    return stream;
  }

  /** Whether the gateway would upgrade it to a websocket. */
  #opens(place: Place): boolean {
    const { plural, subresource = "", namespace = "", name = "" } = place;
    if (!this.#online || this.#sessionEnded || !this.#may("get", plural, subresource, namespace))
      return false;
    return this.#store.find(VMI, namespace, name)?.status?.phase === "Running";
  }

  async #answer(
    method: string,
    url: URL,
    headers: Record<string, string>,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    const { pathname, searchParams } = url;
    const place = parsePath(pathname);
    if (pathname.endsWith("/selfsubjectaccessreviews")) return this.#review(JSON.parse(body ?? ""));
    if (pathname === "/version") return Response.json({ gitVersion: "v1.35.0" });
    if (pathname.startsWith("/openapi/")) {
      const { buildOpenApi } = await import("./openapi.ts");
      const document = buildOpenApi(pathname);
      if (document !== null) return Response.json(document);
    }
    const discovered = discover(pathname, this.#store);
    if (discovered !== null) return Response.json(discovered);
    if (place === null) throw new Refused(404, "the server could not find the requested resource");
    this.#authorize(nameVerb(method, place, searchParams), place);
    if (place.group === "subresources.kubevirt.io") {
      return this.#verbs.run(method, place, body === undefined ? {} : JSON.parse(body));
    }
    if (!this.#store.serves(place.kind)) {
      throw new Refused(404, "the server could not find the requested resource");
    }
    if (place.subresource === "log") return this.#verbs.readLog(place, searchParams, signal);
    if (method !== "GET") return this.#write(method, place, searchParams, headers, body);
    if (place.name !== undefined) return Response.json(this.#find(place));
    const table = headers.accept?.includes("as=Table") ?? false;
    const test = buildTest(place.namespace, searchParams);
    if (searchParams.get("watch") === "true") {
      const since = Number(searchParams.get("resourceVersion"));
      return openWatch(this.#store, { kind: place.kind, test, table, since }, this.#breaks, signal);
    }
    const items = this.#store.list(place.kind).filter(test);
    const { version } = this.#store;
    if (table) return Response.json(renderTable(place.kind, items, version));
    return Response.json({ kind: "List", metadata: { resourceVersion: version }, items });
  }

  #find(place: Place): Json {
    const { kind, namespace, name = "", plural, group } = place;
    const found = this.#store.find(kind, namespace, name);
    if (found !== undefined) return found;
    throw new Refused(404, `${plural}${group && `.${group}`} "${name}" not found`);
  }

  #write(
    method: string,
    place: Place,
    query: URLSearchParams,
    headers: Record<string, string>,
    body: string | undefined,
  ): Response {
    const dry = query.get("dryRun") === "All";
    const sent = body === undefined ? {} : JSON.parse(body);
    if (method === "POST") return this.#create(place, sent, dry);
    const held = this.#find({ ...place });
    if (method === "DELETE") {
      if (!dry) this.#verbs.remove(place, held);
      return Response.json({ kind: "Status", status: "Success" });
    }
    const next = method === "PUT" ? this.#replace(held, sent) : patch(held, sent, headers);
    this.#verbs.validate(place.kind, next);
    if (dry) return Response.json(next);
    return Response.json(this.#verbs.put(place.kind, next));
  }

  #create(place: Place, sent: Json, dry: boolean): Response {
    const namespace = place.namespace ?? sent.metadata?.namespace;
    const object = { ...sent, metadata: { ...sent.metadata, namespace } };
    if (object.metadata.name === undefined) {
      const suffix = Math.random().toString(36).slice(2, 7);
      object.metadata.name = `${object.metadata.generateName ?? "object-"}${suffix}`;
    }
    const { name } = object.metadata;
    if (namespace !== undefined && !this.#store.find("/namespaces", undefined, namespace)) {
      throw new Refused(404, `namespaces "${namespace}" not found`);
    }
    this.#verbs.validate(place.kind, object);
    if (this.#store.find(place.kind, namespace, name) !== undefined) {
      throw new Refused(409, `${place.plural} "${name}" already exists`);
    }
    if (dry) return Response.json(object, { status: 201 });
    return Response.json(this.#verbs.put(place.kind, object), { status: 201 });
  }

  #replace(held: Json, sent: Json): Json {
    const { resourceVersion } = sent.metadata;
    if (resourceVersion !== undefined && resourceVersion !== held.metadata.resourceVersion) {
      const message =
        "the object has been modified; please apply your changes to the latest version";
      throw new Refused(409, message);
    }
    return { ...sent, status: held.status };
  }

  #review(review: Json): Response {
    const { verb, resource, subresource = "", namespace } = review.spec.resourceAttributes;
    const allowed = this.#may(verb, resource, subresource, namespace);
    const reason = allowed ? "" : `the user ${this.#user} has no role that allows it`;
    return Response.json({ ...review, status: { allowed, reason } }, { status: 201 });
  }

  #authorize(verb: string, { plural, subresource = "", group, namespace }: Place): void {
    if (this.#may(verb, plural, subresource, namespace)) return;
    const what = subresource === "" ? plural : `${plural}/${subresource}`;
    const where =
      namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
    const text = `cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
    throw new Refused(403, `User "${this.#user}" ${text}`);
  }

  #may(verb: string, resource: string, subresource: string, namespace?: string): boolean {
    if (this.#user === "admin") return true;
    if (this.#user === "tenant" && namespace !== "lab") return false;
    if (this.#user === "vms") return resource.startsWith("virtual");
    const closed = CLOSED.some((each) => subresource.startsWith(each) || resource === each);
    if (this.#user === "view") return READ.has(verb) && !closed;
    return resource !== "secrets" && (READ.has(verb) || resource.startsWith("virtual"));
  }
}

function patch(held: Json, sent: Json, headers: Record<string, string>): Json {
  try {
    if (headers["content-type"] === "application/json-patch+json") return jsonPatch(held, sent);
  } catch (error) {
    if (error instanceof PatchError) throw new Refused(422, error.message);
    throw error;
  }
  return mergePatch(held, sent);
}

function parsePath(path: string): Place | null {
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  const group = parts[0] === "apis" ? (parts[1] ?? "") : "";
  const rest = parts.slice(group === "" ? 1 : 2);
  const version = rest.shift() ?? "";
  const namespace = rest[0] === "namespaces" && rest.length > 2 ? rest.splice(0, 2)[1] : undefined;
  const [plural, name, ...more] = rest;
  if (plural === undefined) return null;
  const subresource = more.length > 0 ? more.join("/") : undefined;
  return { kind: `${group}/${plural}`, group, version, plural, namespace, name, subresource };
}

function nameVerb(method: string, place: Place, query: URLSearchParams): string {
  if (method === "POST") return "create";
  if (method === "PUT") return "update";
  if (method !== "GET") return method.toLowerCase();
  if (place.name !== undefined) return "get";
  return query.get("watch") === "true" ? "watch" : "list";
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const done = () => {
      signal.removeEventListener("abort", abort);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
}
