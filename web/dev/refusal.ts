/** What the world says no with: a metav1.Status. */
import type { Json } from "./store.ts";

const REASONS: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Expired",
  422: "Invalid",
  501: "NotImplemented",
};

export class Refused extends Error {
  readonly code: number;
  readonly causes: readonly Json[];

  constructor(code: number, message: string, causes: readonly Json[] = []) {
    super(message);
    this.code = code;
    this.causes = causes;
  }
}

export function renderStatus({ code, message, causes }: Refused): Json {
  const details = causes.length > 0 ? { causes } : undefined;
  const reason = REASONS[code] ?? "";
  return { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code, details };
}
