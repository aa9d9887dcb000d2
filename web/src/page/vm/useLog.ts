/** The log of this page's guest, drawn no more often than the screen is. */
import { useEffect, useRef, useState } from "react";
import { CLOCK } from "../../data/clock.ts";
import { useApi } from "../../data/context.tsx";
import { EMPTY_LOG } from "../../model/log.ts";
import { isRunning, type Machine } from "../../model/machine.ts";
import { type Followed, followLog } from "./followLog.ts";

const NOTHING: Followed = { log: EMPTY_LOG, state: "loading" };
/** Before these there is no output. */
const PHASES: ReadonlySet<string> = new Set(["Running", "Succeeded", "Failed", "Unknown"]);

/** Undefined while there is no guest whose console could have a log. */
export function useLog(machine: Machine): Followed | undefined {
  const api = useApi();
  const { namespace, name, vmi } = machine;
  const uid = vmi?.metadata.uid;
  const there = vmi !== undefined && PHASES.has(vmi.status?.phase ?? "");
  const runs = useRef(false);
  runs.current = isRunning(machine);
  const [followed, setFollowed] = useState(NOTHING);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another uid is another guest
  useEffect(() => {
    setFollowed(NOTHING);
    if (!there) return;
    const ending = new AbortController();
    let newest = NOTHING;
    let drop = () => {};
    const draw = () => setFollowed(newest);
    const tell = (told: Followed) => {
      newest = told;
      drop();
      drop = CLOCK.frame(draw);
    };
    const { signal } = ending;
    followLog({ api, namespace, pod: name, signal, runs: () => runs.current, tell });
    return () => {
      ending.abort();
      drop();
    };
  }, [api, namespace, name, uid, there]);
  return there ? followed : undefined;
}
