/** Whether the API serves a kind, for components. */
import { useEffect, useState } from "react";
import { ApiError, type Resource } from "../../data/api.ts";
import { backOff } from "../../data/backoff.ts";
import { useApi } from "../../data/context.tsx";
import { isServed } from "./served.ts";

/** Undefined until it is known; who cannot be reached is asked again. */
export function useServed(resource: Resource): boolean | undefined {
  const api = useApi();
  const { group, version, plural } = resource;
  const [served, setServed] = useState<boolean>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let here = true;
    let failures = 0;
    const ask = async () => {
      const answer = await isServed(api, `${group}/${version}`, plural).catch(readRefusal);
      if (!here) return;
      if (answer !== undefined) setServed(answer);
      else timer = setTimeout(ask, backOff(++failures, Math.random()));
    };
    void ask();
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [api, group, version, plural]);
  return served;
}

/** Who is told that there is no such list, or not for them, needs not ask again. */
function readRefusal(error: unknown): false | undefined {
  const code = error instanceof ApiError ? error.code : 0;
  return code === 403 || code === 404 ? false : undefined;
}
