/** What screen readers hear of a serial console: a live region with few lines. */
import { type ReactNode, useCallback, useState } from "react";
import type { Telling } from "../../../model/announcer.ts";
import { useTranslation } from "../../../text/hook.ts";

/** Tellings that stay in the document; a screen reader says a new one once. */
const MOST_KEPT = 5;

interface Kept extends Telling {
  readonly id: number;
}

export function useHeard(): { heard: ReactNode; tell: (telling: Telling) => void } {
  const { t } = useTranslation();
  const [kept, setKept] = useState<readonly Kept[]>([]);
  const tell = useCallback(
    (telling: Telling) =>
      setKept((before) => [
        ...before.slice(1 - MOST_KEPT),
        { ...telling, id: (before.at(-1)?.id ?? 0) + 1 },
      ]),
    [],
  );
  const heard = (
    <div className="vp-console-heard" role="log" aria-live="polite" aria-label={t("New output")}>
      {kept.map(({ id, lines, skipped }) => (
        <p key={id}>
          {skipped > 0 && `${t("{{count}} more lines", { count: skipped })}\n`}
          {lines.join("\n")}
        </p>
      ))}
    </div>
  );
  return { heard, tell };
}
