/**
 * `kubectl proxy` on the session's machine: it has the user's kubeconfig, with every way of
 * authentication that kubectl knows, and speaks for it on a unix socket that is the user's alone.
 */
import type { Cockpit, Spawned, SpawnFailure } from "./cockpit-bridge.ts";

/** Exit status of `sh` for a program that is not there. */
const NOT_FOUND = 127;
const START_SECONDS = 20;
const OUTPUT_LIMIT = 64 * 1024;

/**
 * $1 is the context. The directory is readable for the user alone, and is removed with the proxy:
 * when the page leaves (a signal), or the bridge dies (standard input ends).
 * Paths that a page has no use for are not served, so that a fault of the page cannot reach them.
 */
const SCRIPT = `
umask 077
command -v kubectl >/dev/null || exit ${NOT_FOUND}
place=$(mktemp -d "\${XDG_RUNTIME_DIR:-/tmp}/virtpod.XXXXXXXX") || exit 1
child=
watcher=
leave() { kill $child $watcher 2>/dev/null; rm -rf "$place"; }
trap leave EXIT
trap 'exit 0' HUP INT TERM
kubectl proxy --context="$1" --unix-socket="$place/api" \\
  --accept-paths='^/(api|apis|openapi|version)($|/)' \\
  --reject-paths='^/api/.*/(exec|attach|portforward|proxy|token)($|/)' >/dev/null &
child=$!
exec 3<&0
(cat <&3 >/dev/null; kill $$ 2>/dev/null) &
watcher=$!
tries=0
while [ ! -S "$place/api" ]; do
  kill -0 $child 2>/dev/null || { wait $child; exit $?; }
  tries=$((tries + 1))
  [ $tries -le 400 ] || exit 1
  sleep 0.05
done
echo "$place/api"
wait $child
`;

/** Why there is no connection, in the words of the program that could not make it. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly kind: "missing" | "failed" | "lost";

  constructor(kind: "missing" | "failed" | "lost", message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Contexts of the user's kubeconfig; none: there is no kubeconfig. */
export interface Contexts {
  readonly names: readonly string[];
  readonly current: string;
  /** By context. */
  readonly namespaces: ReadonlyMap<string, string>;
}

/** Asks kubectl, which leaves out all secrets. Throws ProxyError. */
export async function readContexts(cockpit: Cockpit): Promise<Contexts> {
  const argv = ["kubectl", "config", "view", "--output=json"];
  let text: string;
  try {
    text = await cockpit.spawn(argv, { err: "message" });
  } catch (error) {
    throw explain(error as SpawnFailure);
  }
  return parseContexts(text);
}

/** Reads what `kubectl config view --output=json` prints. */
export function parseContexts(text: string): Contexts {
  const config = parseJson(text) as {
    contexts?: { name?: string; context?: { namespace?: string } }[] | null;
    "current-context"?: string;
  } | null;
  const namespaces = new Map<string, string>();
  for (const { name, context } of config?.contexts ?? [])
    if (name) namespaces.set(name, context?.namespace || "default");
  const names = [...namespaces.keys()];
  const current = config?.["current-context"] ?? "";
  return { names, namespaces, current: namespaces.has(current) ? current : (names[0] ?? "") };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProxyError("failed", "kubectl printed a configuration that is no JSON");
  }
}

export interface RunningProxy {
  /** Path of the socket. */
  readonly unix: string;
  /** Resolves when it has ended by itself, and is not there any more. */
  readonly ended: Promise<ProxyError>;
}

/** Starts it; it ends with the page. Throws ProxyError. */
export async function startProxy(cockpit: Cockpit, context: string): Promise<RunningProxy> {
  const running = cockpit.spawn(["sh", "-c", SCRIPT, "virtpod", context], { err: "message" });
  const { promise: ready, resolve } = Promise.withResolvers<string>();
  let printed = "";
  running.stream((text) => {
    printed = (printed + text).slice(0, OUTPUT_LIMIT);
    const line = /^(\/.*)\n/.exec(printed);
    if (line !== null) resolve(line[1] as string);
  });
  const ended = watchEnd(running);
  const late = limit(START_SECONDS, running);
  const first = await Promise.race([ready, ended]);
  clearTimeout(late);
  if (first instanceof ProxyError) throw first;
  return { unix: first, ended };
}

function limit(seconds: number, running: Spawned) {
  return setTimeout(() => running.close("timeout"), seconds * 1000);
}

async function watchEnd(running: Spawned): Promise<ProxyError> {
  try {
    await running;
    return new ProxyError("failed", "kubectl proxy has ended");
  } catch (error) {
    return explain(error as SpawnFailure);
  }
}

/** Problems of Cockpit's that mean the way to the machine, and not the program. */
const LOST = new Set(["disconnected", "terminated", "no-session", "no-cockpit", "timeout"]);

function explain({ problem, message, exit_status }: SpawnFailure): ProxyError {
  const said = (message ?? "").trim();
  if (problem === "not-found" || exit_status === NOT_FOUND) return new ProxyError("missing", said);
  if (problem && LOST.has(problem)) return new ProxyError("lost", said || problem);
  return new ProxyError("failed", said || problem || "kubectl proxy has ended");
}
