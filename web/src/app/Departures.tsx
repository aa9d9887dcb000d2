/**
 * Tells the task log when what was deleted is gone, also where no page shows it. Draws nothing.
 *
 * What finalizers keep may stay for ever: few are watched at a time, in turns, so that those hold up
 * neither the others nor the server.
 */
import { useEffect, useState } from "react";
import { useApi } from "../data/context.tsx";
import { onGone } from "../data/gone.ts";
import { finishTasks, type Task } from "../data/tasks.ts";

const AT_ONCE = 2;
const TURN_MS = 30_000;

export function Departures({ tasks }: { readonly tasks: readonly Task[] }) {
  const waiting = tasks.filter(({ state }) => state === "waiting");
  const isCrowd = waiting.length > AT_ONCE;
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!isCrowd) return;
    const timer = setInterval(() => setTurn((before) => before + AT_ONCE), TURN_MS);
    return () => clearInterval(timer);
  }, [isCrowd]);
  const at = isCrowd ? turn % waiting.length : 0;
  const chosen = [...waiting.slice(at), ...waiting.slice(0, at)].slice(0, AT_ONCE);
  return chosen.map(({ id, departing }) => <Departure key={id} departing={departing} />);
}

function Departure({ departing }: Pick<Task, "departing">) {
  const api = useApi();
  useEffect(() => {
    if (departing === undefined) return;
    return onGone(api, departing, () => finishTasks((each) => each === departing));
  }, [api, departing]);
  return null;
}
