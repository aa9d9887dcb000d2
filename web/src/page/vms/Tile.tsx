/** One VM with its screen, or with why there is none. */
import { Card, CardBody, CardHeader, CardTitle, Checkbox } from "@patternfly/react-core";
import { memo } from "react";
import { Link } from "wouter";
import { vmPath } from "../../app/query.ts";
import type { Row } from "../../model/row.ts";
import { PowerMenu } from "../../part/PowerMenu.tsx";
import { StatusLabel } from "../../part/StatusLabel.tsx";
import { WishNote } from "../../part/WishNote.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Screenshot } from "./Screenshot.tsx";
import type { Photographer } from "./screenshots.ts";

export interface TileProps {
  readonly row: Row;
  /** Which of all it is, from 1. */
  readonly place: number;
  readonly count: number;
  readonly selected: boolean;
  readonly onToggle: (key: string, range?: boolean) => void;
  readonly photographer: Photographer;
}

export const Tile = memo(function Tile(props: TileProps) {
  const { row, place, count, selected, onToggle, photographer } = props;
  const { t } = useTranslation();
  const { key, name, namespace } = row;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a li would have to be the list's own child
    <div role="listitem" aria-setsize={count} aria-posinset={place}>
      <Card isCompact className={selected ? "vms-tile vms-tile-selected" : "vms-tile"}>
        <CardHeader actions={{ actions: <PowerMenu subject={row} /> }}>
          <div className="vms-tile-title">
            <Checkbox
              id={`select ${key}`}
              aria-label={t("Select {{name}}", { name })}
              isChecked={selected}
              onChange={() => onToggle(key)}
            />
            <CardTitle component="h2" className="vms-tile-name">
              <Link href={vmPath(namespace, name)} title={name}>
                {name}
              </Link>
            </CardTitle>
          </div>
        </CardHeader>
        <CardBody>
          <Link href={vmPath(namespace, name, "screen")} className="vms-screen">
            <span className="vms-unseen">{t("Screen of {{name}}", { name })}</span>
            <Screenshot row={row} photographer={photographer} />
          </Link>
          <div className="vms-tile-status">
            {row.status === "" ? t("not told yet") : <StatusLabel word={row.status} />}
            <span className="vms-tile-where">
              {[namespace, row.node].filter((each) => each !== "").join(" · ")}
            </span>
          </div>
          <WishNote subject={row} />
        </CardBody>
      </Card>
    </div>
  );
});
