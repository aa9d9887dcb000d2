/** The order, where there are no headings to click. */
import { Button, FormSelect, FormSelectOption } from "@patternfly/react-core";
import DownIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-down-icon";
import UpIcon from "@patternfly/react-icons/dist/esm/icons/long-arrow-alt-up-icon";
import { type Order, SORT_KEYS, type SortKey } from "../../model/sort.ts";
import { useTranslation } from "../../text/hook.ts";
import { nameColumn } from "./columnText.ts";

export interface OrderChoiceProps {
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
}

export function OrderChoice({ order, onOrder }: OrderChoiceProps) {
  const { t } = useTranslation();
  const { by, descending } = order;
  return (
    <span className="vms-order">
      <FormSelect
        aria-label={t("Sort by")}
        value={by}
        onChange={(_, chosen) => onOrder({ by: chosen as SortKey, descending })}
      >
        {SORT_KEYS.map((key) => (
          <FormSelectOption key={key} value={key} label={nameColumn(key, t)} />
        ))}
      </FormSelect>
      <Button
        variant="plain"
        aria-label={t("Descending")}
        aria-pressed={descending}
        icon={descending ? <DownIcon /> : <UpIcon />}
        onClick={() => onOrder({ by, descending: !descending })}
      />
    </span>
  );
}
