/** All VMs, live: filter, order and view stand in the URL. */
import {
  Button,
  ToggleGroup,
  ToggleGroupItem,
  Toolbar,
  ToolbarContent,
  ToolbarItem,
} from "@patternfly/react-core";
import ListIcon from "@patternfly/react-icons/dist/esm/icons/list-icon";
import TilesIcon from "@patternfly/react-icons/dist/esm/icons/th-large-icon";
import { useCallback, useMemo } from "react";
import { lateCode } from "../../app/late.ts";
import { useNamespace } from "../../app/query.ts";
import { formatNumber } from "../../model/quantity.ts";
import type { Row } from "../../model/row.ts";
import type { SortKey } from "../../model/sort.ts";
import { CreateButton } from "../../part/CreateButton.tsx";
import { Empty } from "../../part/Empty.tsx";
import { LiveGate, Loading } from "../../part/LiveGate.tsx";
import { PageFrame } from "../../part/PageFrame.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Bulk } from "./Bulk.tsx";
import { ColumnMenu } from "./ColumnMenu.tsx";
import { OrderChoice } from "./OrderChoice.tsx";
import { Outcomes } from "./Outcomes.tsx";
import { SearchBox } from "./SearchBox.tsx";
import { type Rows, useRows } from "./useRows.ts";
import { type Selection, useSelection } from "./useSelection.ts";
import { useColumns, useMedia, useRoom, useView, useVisible, type View } from "./useView.ts";
import { VmTable } from "./VmTable.tsx";
import "./vms.css";

const Tiles = lateCode(() => import("./Tiles.tsx"), <Loading />);

export default function VmList() {
  const { t } = useTranslation();
  const all = useRows(useNamespace());
  return (
    <PageFrame title={t("Virtual machines")} actions={<CreateButton />}>
      <LiveGate live={all} title={t("The VMs cannot be listed")}>
        <Body all={all} />
      </LiveGate>
    </PageFrame>
  );
}

function Body({ all }: { readonly all: Rows }) {
  const { t } = useTranslation();
  const view = useView();
  const visible = useVisible(all.rows, view.text, view.order);
  const selection = useSelection(visible);
  const namespace = useNamespace();
  // in one namespace all would say the same
  const isShown = useCallback(
    (column: SortKey) => column !== "namespace" || namespace === undefined,
    [namespace],
  );
  const [ruler, room] = useRoom();
  const [columns, toggleColumn] = useColumns(room, isShown);
  const shown = useMemo(() => columns.filter(isShown), [columns, isShown]);
  const narrow = useMedia("(max-width: 47.99rem)");
  return (
    <>
      <div ref={ruler} />
      <Tools {...{ all, view, visible, selection, columns, toggleColumn, narrow }} />
      {all.partial !== undefined && (
        <p className="vms-more vp-words">
          {t("Instances that belong to no VM are not shown: {{why}}", { why: all.partial.message })}
        </p>
      )}
      <Outcomes />
      {visible.length === 0 ? (
        <Nothing any={all.rows.length > 0} onClear={() => view.setText("")} />
      ) : (
        <Found {...{ view, visible, selection, narrow }} columns={shown} />
      )}
    </>
  );
}

interface FoundProps {
  readonly view: View;
  readonly visible: readonly Row[];
  readonly selection: Selection;
  readonly columns: readonly SortKey[];
  readonly narrow: boolean;
}

function Found({ view, visible, selection, columns, narrow }: FoundProps) {
  if (!view.tiles) {
    const { order, setOrder } = view;
    return (
      <VmTable
        rows={visible}
        order={order}
        onOrder={setOrder}
        {...{ columns, narrow, selection }}
      />
    );
  }
  return <Tiles rows={visible} selection={selection} />;
}

interface ToolsProps extends FoundProps {
  readonly all: Rows;
  readonly toggleColumn: (column: SortKey) => void;
}

function Tools(props: ToolsProps) {
  const { all, view, visible, selection, columns, toggleColumn, narrow } = props;
  return (
    <Toolbar inset={{ default: "insetNone" }} className="vms-toolbar">
      <ToolbarContent>
        <ToolbarItem className="vms-search-item">
          <SearchBox text={view.text} onChange={view.setText} rows={all.rows} />
        </ToolbarItem>
        <ToolbarItem alignSelf="center">
          <Count visible={visible.length} all={all.rows.length} />
        </ToolbarItem>
        <Bulk rows={selection.rows} onClear={() => selection.setAll(false)} />
        {(view.tiles || narrow) && (
          <ToolbarItem>
            <OrderChoice order={view.order} onOrder={view.setOrder} />
          </ToolbarItem>
        )}
        <ToolbarItem align={{ default: "alignEnd" }}>
          <ViewChoice view={view} />
        </ToolbarItem>
        {!view.tiles && !narrow && (
          <ToolbarItem>
            <ColumnMenu columns={columns} onToggle={toggleColumn} />
          </ToolbarItem>
        )}
      </ToolbarContent>
    </Toolbar>
  );
}

function Count({ visible, all }: { readonly visible: number; readonly all: number }) {
  const { t, i18n } = useTranslation();
  const [number, whole] = [visible, all].map((each) => formatNumber(each, i18n.language));
  const text =
    visible === all
      ? t("{{number}} in all", { number })
      : t("{{number}} of {{all}}", { number, all: whole });
  return <span role="status">{text}</span>;
}

function ViewChoice({ view }: { readonly view: View }) {
  const { t } = useTranslation();
  return (
    <ToggleGroup aria-label={t("View")}>
      <ToggleGroupItem
        icon={<ListIcon />}
        aria-label={t("As a list")}
        isSelected={!view.tiles}
        onChange={() => view.setTiles(false)}
      />
      <ToggleGroupItem
        icon={<TilesIcon />}
        aria-label={t("As tiles with screens")}
        isSelected={view.tiles}
        onChange={() => view.setTiles(true)}
      />
    </ToggleGroup>
  );
}

function Nothing({ any, onClear }: { readonly any: boolean; readonly onClear: () => void }) {
  const { t } = useTranslation();
  if (any) {
    return (
      <Empty title={t("No VM fits the filter")}>
        <Button variant="link" onClick={onClear}>
          {t("Clear the filter")}
        </Button>
      </Empty>
    );
  }
  return (
    <Empty title={t("There are no VMs here yet")}>
      <CreateButton />
    </Empty>
  );
}
