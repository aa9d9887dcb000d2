/** Reads the log of a guest's console for as long as somebody looks; goes on where it broke off. */
import { type Api, ApiError } from "../../data/api.ts";
import { backOff } from "../../data/backoff.ts";
import { buildPath } from "../../data/path.ts";
import { PODS } from "../../data/resources.ts";
import { appendLog, EMPTY_LOG, endLog, type Log, MAX_LINES } from "../../model/log.ts";

/** The container of a VM's pod that has the serial console as its output. */
const CONTAINER = "guest";
/** Codes after which there is no use in asking again. */
const FINAL_CODES: ReadonlySet<number> = new Set([401, 403, 404]);
/** Of a download; the kubelet keeps less unless it was told to. */
const MAX_DOWNLOAD_BYTES = 64 * 1024 * 1024;

export type LogState = "loading" | "following" | "ended" | "broken" | "refused";

export interface Followed {
  readonly log: Log;
  readonly state: LogState;
  readonly error?: Error;
}

export interface FollowOptions {
  readonly api: Api;
  readonly namespace: string;
  readonly pod: string;
  readonly signal: AbortSignal;
  /** Whether more may come when the API server ends the answer. */
  readonly runs: () => boolean;
  readonly tell: (followed: Followed) => void;
}

/** Ends when the log has ended, when it is refused, and when the signal fires. */
export async function followLog(options: FollowOptions): Promise<void> {
  const { signal, runs, tell } = options;
  let log = EMPTY_LOG;
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      tell({ log, state: log === EMPTY_LOG ? "loading" : "following" });
      const before = log;
      log = await readOn(options, log);
      if (log !== before) failures = 0;
      if (!runs()) return tell({ log: endLog(log), state: "ended" });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = thrown instanceof BrokenOff ? thrown.why : thrown;
      if (thrown instanceof BrokenOff) log = thrown.log;
      const told = error instanceof Error ? error : new Error(String(error));
      const final = error instanceof ApiError && FINAL_CODES.has(error.code);
      tell({ log, state: final ? "refused" : "broken", error: told });
      if (final) return;
    }
    await pause(backOff(failures, Math.random()), signal);
  }
}

/** What was read before it broke. */
class BrokenOff extends Error {
  readonly log: Log;
  readonly why: unknown;

  constructor(log: Log, why: unknown) {
    super("broken off");
    this.log = log;
    this.why = why;
  }
}

async function readOn(
  { api, namespace, pod, signal, tell }: FollowOptions,
  known: Log,
): Promise<Log> {
  const after = known.lines.findLast((each) => each.time !== "")?.time ?? "";
  const from: Record<string, string> =
    after === "" ? { tailLines: String(MAX_LINES) } : { sinceTime: cutFraction(after) };
  const query = { container: CONTAINER, follow: "true", timestamps: "true", ...from };
  let log: Log = { ...known, rest: "" };
  try {
    for await (const piece of api.text({ path: logPath(namespace, pod), query, signal })) {
      log = appendLog(log, piece, after);
      tell({ log, state: "following" });
    }
  } catch (error) {
    throw new BrokenOff(log, error);
  }
  return log.lines.length === known.lines.length && log.rest === "" ? known : log;
}

/** The whole log as the node has it, with all that steers terminals. */
export async function downloadLog(api: Api, namespace: string, pod: string): Promise<Blob> {
  const query = { container: CONTAINER, limitBytes: String(MAX_DOWNLOAD_BYTES) };
  const pieces: string[] = [];
  for await (const piece of api.text({ path: logPath(namespace, pod), query })) pieces.push(piece);
  return new Blob(pieces, { type: "text/plain" });
}

function logPath(namespace: string, pod: string): string {
  return buildPath(PODS, { namespace }, pod, "log");
}

/** sinceTime is read by the second. */
function cutFraction(time: string): string {
  return time.replace(/\.\d+/, "");
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}
