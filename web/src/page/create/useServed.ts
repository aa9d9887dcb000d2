/** Whether the API server serves an API, asked once. */
import { useEffect, useState } from "react";
import { ApiError } from "../../data/api.ts";
import { useApi } from "../../data/context.tsx";

/** Undefined while nobody knows. */
export function useServed(path: string): boolean | undefined {
  const api = useApi();
  const [served, setServed] = useState<boolean>();
  useEffect(() => {
    const controller = new AbortController();
    api.call({ path, signal: controller.signal }).then(
      () => setServed(true),
      (error: unknown) => {
        if (error instanceof ApiError && [403, 404].includes(error.code)) setServed(false);
      },
    );
    return () => controller.abort();
  }, [api, path]);
  return served;
}
