/** One row of the list. */
import { Label } from "@patternfly/react-core";
import { memo } from "react";
import { Link } from "wouter";
import { vmPath } from "../../app/query.ts";
import type { Row } from "../../model/row.ts";
import type { SortKey } from "../../model/sort.ts";
import { judgeStatus } from "../../model/status.ts";
import { PowerMenu } from "../../part/PowerMenu.tsx";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { WishNote } from "../../part/WishNote.tsx";
import { useTranslation } from "../../text/hook.ts";
import { nameColumn } from "./columnText.ts";
import { styles } from "./tableStyle.ts";
import { Value } from "./Value.tsx";

export interface VmLineProps {
  readonly row: Row;
  readonly index: number;
  /** Has the focus when the grid has it. */
  readonly active: boolean;
  readonly selected: boolean;
  readonly columns: readonly SortKey[];
  readonly narrow: boolean;
  readonly onToggle: (key: string, range?: boolean) => void;
  readonly measure: (element: HTMLElement | null) => void;
}

export const VmLine = memo(function VmLine(props: VmLineProps) {
  const { row, index, active, selected, columns, narrow, onToggle, measure } = props;
  const { t } = useTranslation();
  return (
    <tr
      ref={measure}
      data-index={index}
      className={`${styles.tr} ${selected ? styles.selected : ""}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={active ? 0 : -1}
    >
      <td className={`${styles.td} ${styles.check}`}>
        <div className={styles.box}>
          <input
            type="checkbox"
            className={styles.boxInput}
            aria-label={t("Select {{name}}", { name: row.name })}
            checked={selected}
            tabIndex={-1}
            onChange={({ nativeEvent }) =>
              onToggle(row.key, nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)
            }
          />
        </div>
      </td>
      {columns.map((column) => (
        <td key={column} className={`${styles.td} vp-words`} data-label={nameColumn(column, t)}>
          {column === "name" && <Name row={row} />}
          {column === "status" && <Status row={row} told={columns.includes("reason")} />}
          {column !== "name" && column !== "status" && <Value row={row} column={column} />}
          {narrow && <Rest row={row} />}
        </td>
      ))}
      <td className={`${styles.td} ${styles.action}`}>
        <PowerMenu subject={row} tabIndex={-1} />
      </td>
    </tr>
  );
});

function Name({ row }: { readonly row: Row }) {
  const { t } = useTranslation();
  return (
    <>
      <Link href={vmPath(row.namespace, row.name)} tabIndex={-1}>
        {row.name}
      </Link>
      {row.kind === "VirtualMachineInstance" && (
        <>
          {" "}
          <Label isCompact title={t("A VirtualMachineInstance that belongs to no VirtualMachine")}>
            {t("instance")}
          </Label>
        </>
      )}
      {row.owner !== null && (
        <span className="vms-more">{t("of {{name}}", { name: row.owner.name })}</span>
      )}
    </>
  );
}

/** `told`: the reason stands elsewhere. */
function Status({ row, told }: { readonly row: Row; readonly told: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      {row.status === "" ? t("not told yet") : <StatusLabel word={row.status} />}
      {!told && explains(row) && <span className="vms-more">{row.reason}</span>}
      {row.deleting && row.kind === "VirtualMachineInstance" && (
        <span className="vms-more">{t("is being deleted")}</span>
      )}
      <WishNote subject={row} tabIndex={-1} />
    </>
  );
}

/** On a small screen: what there is to tell, below the name. */
function Rest({ row }: { readonly row: Row }) {
  return (
    <div className="vms-rest">
      <Status row={row} told={false} />
      <span className="vms-more">
        {[row.namespace, row.node, row.ip].filter((each) => each !== "").join(" · ")}
      </span>
    </div>
  );
}

/** Whether the reason says more than the status, of what is not as it should be. */
function explains({ status, reason }: Row): boolean {
  const judgement = judgeStatus(status);
  return (judgement === "bad" || judgement === "odd") && reason !== "" && reason !== status;
}
