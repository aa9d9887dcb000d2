/** What a change changes: lines taken away and lines put in, each marked by a sign and in words. */
import { Spinner } from "@patternfly/react-core";
import { useEffect, useState } from "react";
import { useTranslation } from "../text/hook.ts";
import type { DiffLine, Gap } from "./diff.ts";
import "./yaml.css";

export interface DiffViewProps {
  /** Name of the table. */
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

export function DiffView({ label, before, after }: DiffViewProps) {
  const { t } = useTranslation();
  const rows = useDiff(before, after);
  if (rows === undefined) return <p>{t("The comparison could not be loaded.")}</p>;
  if (rows === null) return <Spinner size="md" aria-label={t("Comparing")} />;
  if (rows.length === 0) return <p>{t("Nothing differs.")}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <section className="vp-diff-frame" tabIndex={0} aria-label={label} dir="ltr">
      <table className="vp-diff" aria-label={label}>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows of one comparison never move
            <DiffRow key={index} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

type Rows = readonly (DiffLine | Gap)[];

/** Null while its code is loaded, undefined where it cannot be: a text beside it is not to be lost. */
function useDiff(before: string, after: string): Rows | null | undefined {
  const [rows, setRows] = useState<Rows | null | undefined>(null);
  useEffect(() => {
    let current = true;
    import("./diff.ts").then(
      ({ diffLines }) => current && setRows(diffLines(before, after)),
      () => current && setRows(undefined),
    );
    return () => {
      current = false;
    };
  }, [before, after]);
  return rows;
}

function DiffRow({ row }: { readonly row: DiffLine | Gap }) {
  const { t } = useTranslation();
  if (row.kind === "gap") {
    return (
      <tr className="vp-diff-gap">
        <td colSpan={3}>{t("{{count}} lines alike", { count: row.count })}</td>
      </tr>
    );
  }
  const words = { same: "", added: t("added"), removed: t("removed") };
  const signs = { same: "", added: "+", removed: "−" };
  return (
    <tr className={`vp-diff-${row.kind}`}>
      <td className="vp-diff-number">{row.number}</td>
      <td className="vp-diff-mark">
        <span aria-hidden>{signs[row.kind]}</span>
        <span className="pf-v6-screen-reader">{words[row.kind]}</span>
      </td>
      <td>{row.text}</td>
    </tr>
  );
}
