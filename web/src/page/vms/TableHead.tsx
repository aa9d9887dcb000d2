/** The headings: each sorts, and the first box selects all. */

import { Checkbox } from "@patternfly/react-core";
import DownIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-down-icon";
import UpIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-up-icon";
import { memo } from "react";
import { type Order, type SortKey, turnOrder } from "../../model/sort.ts";
import { useTranslation } from "../../text/hook.ts";
import { nameColumn } from "./columnText.ts";
import { columnWidth, styles } from "./tableStyle.ts";
import type { Selection } from "./useSelection.ts";

export interface TableHeadProps {
  readonly columns: readonly SortKey[];
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
  readonly selection: Selection;
  readonly count: number;
}

const edge = { inlineSize: columnWidth("edge") };

/** The table is drawn anew whenever it scrolls; its headings are not. */
export const TableHead = memo(function TableHead(props: TableHeadProps) {
  const { columns, order, onOrder, selection, count } = props;
  const { t } = useTranslation();
  const some = selection.rows.length > 0;
  const all = some && selection.rows.length === count;
  return (
    <thead className={styles.thead}>
      <tr className={styles.tr} aria-rowindex={1}>
        <th scope="col" className={`${styles.th} ${styles.check}`} data-column="check" style={edge}>
          <Checkbox
            id="vms-all"
            aria-label={t("Select all")}
            isChecked={all ? true : some ? null : false}
            isDisabled={count === 0}
            onChange={() => selection.setAll(!all)}
          />
        </th>
        {columns.map((column) => (
          <Heading key={column} column={column} order={order} onOrder={onOrder} />
        ))}
        <th scope="col" className={styles.th} data-column="actions" style={edge}>
          <span className="vms-unseen">{t("Actions")}</span>
        </th>
      </tr>
    </thead>
  );
});

interface HeadingProps {
  readonly column: SortKey;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

function Heading({ column, order, onOrder }: HeadingProps) {
  const { t } = useTranslation();
  const sorted = order.by === column;
  const direction = order.descending ? "descending" : "ascending";
  const Icon = order.descending ? DownIcon : UpIcon;
  return (
    <th
      scope="col"
      className={`${styles.th} ${styles.sort} ${sorted ? styles.selected : ""}`}
      aria-sort={sorted ? direction : "none"}
      style={{ inlineSize: columnWidth(column) }}
    >
      <button
        type="button"
        className={styles.button}
        onClick={() => onOrder(turnOrder(order, column))}
      >
        <span className={styles.buttonContent}>
          <span className={styles.text}>{nameColumn(column, t)}</span>
          {sorted && (
            <span className={styles.sortIndicator}>
              <Icon />
            </span>
          )}
        </span>
      </button>
    </th>
  );
}
