/** A module that is loaded when it is needed. */
import { useEffect, useState } from "react";
import { loadCode } from "../../../app/code.ts";

/** Undefined until it is there. What went wrong is thrown, for the fence around the page. */
export function useLazy<M>(load: () => Promise<M>): M | undefined {
  const [held, setHeld] = useState<{ readonly module?: M; readonly error?: unknown }>({});
  useEffect(() => {
    loadCode(load).then(
      (module) => setHeld({ module }),
      (error: unknown) => setHeld({ error: error ?? new Error("not loaded") }),
    );
  }, [load]);
  if (held.error !== undefined) throw held.error;
  return held.module;
}
