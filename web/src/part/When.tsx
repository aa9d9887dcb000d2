/** A moment, as people say it: "3 minutes ago"; the exact time is its title. */
import { useSyncExternalStore } from "react";
import { formatExact, formatSince } from "../model/time.ts";
import { useTranslation } from "../text/hook.ts";
import { readNow, subscribeMinute } from "./clock.ts";

export interface WhenProps {
  /** RFC 3339, or a Date; nothing is shown for none. */
  readonly time: string | Date | null | undefined;
}

export function When({ time }: WhenProps) {
  const { i18n } = useTranslation();
  const now = useSyncExternalStore(subscribeMinute, readNow);
  if (time === null || time === undefined) return null;
  const moment = typeof time === "string" ? new Date(time) : time;
  if (Number.isNaN(moment.getTime())) return <>{String(time)}</>;
  const since = Math.max(now, Date.now());
  return (
    <time dateTime={moment.toISOString()} title={formatExact(moment, i18n.language)}>
      {formatSince(moment, since, i18n.language)}
    </time>
  );
}
