/** A table of objects that one can search; the pages of the cluster are made of it. */
import { Content, SearchInput, Toolbar, ToolbarContent, ToolbarItem } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { type ReactNode, useId } from "react";
import { useQuery } from "../../app/query.ts";
import { Empty } from "../../part/Empty.tsx";
import { useTranslation } from "../../text/hook.ts";
import "./cluster.css";

/** More are found by searching: each row costs the browser something. */
const SHOWN = 500;

export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => ReactNode;
}

export interface ObjectTableProps<T> {
  readonly title: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  /** A row's own name among the others. */
  readonly keyOf: (row: T) => string;
  /** What a search looks at. */
  readonly textOf: (row: T) => string;
  /** Name of the search in the address; two tables of a page have two. */
  readonly search: string;
  /** What it means that there are none. */
  readonly none: string;
}

/** A heading, a search box and the rows that match. */
export function ObjectTable<T>(props: ObjectTableProps<T>) {
  const { title, columns, rows, keyOf, textOf, search, none } = props;
  const { t } = useTranslation();
  const heading = useId();
  const [query, change] = useQuery();
  const wanted = query.get(search) ?? "";
  const matching = rows.filter((row) => textOf(row).toLowerCase().includes(wanted.toLowerCase()));
  const set = (text: string) => change({ [search]: text === "" ? null : text });
  return (
    <section aria-labelledby={heading} className="vp-objects">
      <Content component="h2" id={heading}>
        {title} <span className="vp-object-count">({rows.length})</span>
      </Content>
      {rows.length === 0 && <Empty title={none} />}
      {rows.length > 0 && (
        <Toolbar>
          <ToolbarContent>
            <ToolbarItem>
              <SearchInput
                aria-label={t("Search in {{what}}", { what: title })}
                placeholder={t("Search")}
                value={wanted}
                onChange={(_, text) => set(text)}
                onClear={() => set("")}
                resultsCount={wanted === "" ? undefined : matching.length}
              />
            </ToolbarItem>
          </ToolbarContent>
        </Toolbar>
      )}
      {rows.length > 0 && (
        <Rows columns={columns} rows={matching.slice(0, SHOWN)} keyOf={keyOf} label={heading} />
      )}
      {matching.length > SHOWN && (
        <p>
          {t("The first {{shown}} of {{all}}: search for the others.", {
            shown: SHOWN,
            all: matching.length,
          })}
        </p>
      )}
    </section>
  );
}

interface RowsProps<T> extends Pick<ObjectTableProps<T>, "columns" | "rows" | "keyOf"> {
  readonly label: string;
}

function Rows<T>({ columns, rows, keyOf, label }: RowsProps<T>) {
  return (
    <Table variant="compact" gridBreakPoint="grid-lg" aria-labelledby={label}>
      <Thead>
        <Tr>
          {columns.map(({ title }) => (
            <Th key={title} modifier="nowrap">
              {title}
            </Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={keyOf(row)}>
            {columns.map(({ title, cell }) => (
              <Td key={title} dataLabel={title}>
                {cell(row)}
              </Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
