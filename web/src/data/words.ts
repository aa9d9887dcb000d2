/** Words for what went wrong, in the user's language as far as they are this page's own. */
import type { TFunction } from "i18next";
import { ApiError } from "./api.ts";

/** What an error says. The API server's own messages are English, and are left as they are. */
export function describeError(error: Error, t: TFunction): string {
  if (!(error instanceof ApiError)) return error.message;
  if (error.code === 413 && error.reason === "TooMany") {
    return t("There are more than a page can show. Choose a namespace.");
  }
  if (error.code !== 0) return error.message;
  if (error.reason === "Unreachable") return t("No answer comes.");
  if (error.reason === "Timeout") return t("No answer came in time.");
  return error.message;
}
