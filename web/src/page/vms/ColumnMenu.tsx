/** Which columns there are to see. */
import { MenuToggle, Select, SelectList, SelectOption } from "@patternfly/react-core";
import ColumnsIcon from "@patternfly/react-icons/dist/esm/icons/columns-icon";
import { useState } from "react";
import { COLUMNS } from "../../model/column.ts";
import type { SortKey } from "../../model/sort.ts";
import { findMenuPlace } from "../../part/menuPlace.ts";
import { useTranslation } from "../../text/hook.ts";
import { nameColumn } from "./columnText.ts";

export interface ColumnMenuProps {
  readonly columns: readonly SortKey[];
  readonly onToggle: (column: SortKey) => void;
}

export function ColumnMenu({ columns, onToggle }: ColumnMenuProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Select
      role="menu"
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={(_, column) => onToggle(column as SortKey)}
      popperProps={{ position: "end", appendTo: findMenuPlace }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          isExpanded={open}
          aria-label={t("Columns")}
          icon={<ColumnsIcon />}
          onClick={() => setOpen(!open)}
        />
      )}
    >
      <SelectList>
        {COLUMNS.filter((column) => column !== "name").map((column) => (
          <SelectOption
            key={column}
            hasCheckbox
            value={column}
            isSelected={columns.includes(column)}
          >
            {nameColumn(column, t)}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  );
}
