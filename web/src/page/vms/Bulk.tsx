/** What can be done to the rows that are selected. */
import {
  Button,
  Dropdown,
  DropdownItem,
  DropdownList,
  MenuToggle,
  ToolbarGroup,
  ToolbarItem,
} from "@patternfly/react-core";
import { useEffect, useRef, useState } from "react";
import { useRights } from "../../data/rights.ts";
import { judge, listVerbs, needsConsent, VERBS, type Verb } from "../../model/power.ts";
import { formatNumber } from "../../model/quantity.ts";
import type { Row } from "../../model/row.ts";
import { LateQuestion } from "../../part/LateQuestion.tsx";
import { findMenuPlace } from "../../part/menuPlace.ts";
import { nameVerb } from "../../part/powerText.ts";
import { askRight, explainDenial, usePower } from "../../part/usePower.ts";
import { useTranslation } from "../../text/hook.ts";

export interface BulkProps {
  readonly rows: readonly Row[];
  readonly onClear: () => void;
}

export function Bulk({ rows, onClear }: BulkProps) {
  const { t, i18n } = useTranslation();
  const power = usePower();
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  // those that the question names, even if others can be stopped meanwhile
  const [asked, setAsked] = useState<{ verb: Verb; rows: readonly Row[] } | null>(null);
  const choose = (verb: Verb, possible: readonly Row[]) => {
    setOpen(false);
    button.current?.focus();
    if (needsConsent(verb, possible.length)) setAsked({ verb, rows: possible });
    else power(verb, possible);
  };
  if (rows.length === 0 && asked === null) return null;
  const toggle = (
    <MenuToggle ref={button} isExpanded={open} onClick={() => setOpen(!open)}>
      {t("Actions")}
    </MenuToggle>
  );
  return (
    <ToolbarGroup variant="action-group">
      <ToolbarItem alignSelf="center">
        <span role="status">
          {t("{{number}} selected", { number: formatNumber(rows.length, i18n.language) })}
        </span>
      </ToolbarItem>
      <ToolbarItem>
        <Dropdown
          isOpen={open}
          onOpenChange={setOpen}
          shouldFocusFirstItemOnOpen
          isScrollable
          maxMenuHeight="min(33rem, 65dvh)"
          popperProps={{ appendTo: findMenuPlace }}
          toggle={{ toggleNode: toggle, toggleRef: button }}
        >
          {open && <BulkVerbs rows={rows} onChoose={choose} />}
        </Dropdown>
      </ToolbarItem>
      <ToolbarItem>
        <Button variant="link" onClick={onClear}>
          {t("Clear selection")}
        </Button>
      </ToolbarItem>
      {asked !== null && (
        <LateQuestion
          verb={asked.verb}
          subjects={asked.rows}
          onConfirm={() => power(asked.verb, asked.rows)}
          onClose={() => setAsked(null)}
        />
      )}
    </ToolbarGroup>
  );
}

interface BulkVerbsProps {
  readonly rows: readonly Row[];
  readonly onChoose: (verb: Verb, possible: readonly Row[]) => void;
}

function BulkVerbs({ rows, onChoose }: BulkVerbsProps) {
  const { t } = useTranslation();
  const namespace = findNamespace(rows);
  useEffect(() => void LateQuestion.fetch(), []);
  const rights = useRights(VERBS.map((verb) => askRight(verb, pickKind(rows, verb), namespace)));
  return (
    <DropdownList>
      {VERBS.map((verb, at) => {
        const possible = rows.filter((row) => isPossible(verb, row));
        const right = rights[at];
        // a right to all namespaces that is missing may be there in each of them: the API decides
        const denied = namespace !== "" && right?.state === "denied";
        const enabled = possible.length > 0 && !denied;
        const counts = { possible: possible.length, all: rows.length };
        return (
          <DropdownItem
            key={verb}
            isAriaDisabled={!enabled}
            isDanger={verb === "delete" && enabled}
            description={
              denied ? explainDenial(right, t) : t("possible for {{possible}} of {{all}}", counts)
            }
            onClick={enabled ? () => onChoose(verb, possible) : undefined}
          >
            {nameVerb(verb, t)}
          </DropdownItem>
        );
      })}
    </DropdownList>
  );
}

function isPossible(verb: Verb, row: Row): boolean {
  return listVerbs(row.kind).includes(verb) && judge(verb, row).possible;
}

function pickKind(rows: readonly Row[], verb: Verb): Row["kind"] {
  const some = rows.find((row) => listVerbs(row.kind).includes(verb));
  return some?.kind ?? "VirtualMachine";
}

/** The one namespace that all are in; "" for several. */
function findNamespace(rows: readonly Row[]): string {
  const [first] = rows;
  const same = rows.every((row) => row.namespace === first?.namespace);
  return first !== undefined && same ? first.namespace : "";
}
