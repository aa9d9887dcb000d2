/** A menu of a console's tools. */
import {
  Dropdown,
  DropdownGroup,
  DropdownItem,
  DropdownList,
  MenuToggle,
  type MenuToggleElement,
} from "@patternfly/react-core";
import EllipsisIcon from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon";
import { type Ref, useState } from "react";

export interface Tool {
  readonly key: string;
  readonly label: string;
  readonly note?: string;
  /** Whether it is on, for one that can be switched. */
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly act: () => void;
}

export interface ToolGroup {
  /** No name: one group without a heading. */
  readonly name?: string;
  readonly tools: readonly Tool[];
}

export interface ToolMenuProps {
  readonly label: string;
  /** Three dots instead of the label. */
  readonly plain?: boolean;
  readonly disabled?: boolean;
  /** Too many tools for a small window. */
  readonly long?: boolean;
  readonly groups: readonly ToolGroup[];
}

export function ToolMenu({ label, plain = false, disabled, long = false, groups }: ToolMenuProps) {
  const [open, setOpen] = useState(false);
  const toggle = (ref: Ref<MenuToggleElement>) => (
    <MenuToggle
      ref={ref}
      isExpanded={open}
      isDisabled={disabled}
      size="sm"
      onClick={() => setOpen(!open)}
      {...(plain ? { variant: "plain" as const, "aria-label": label, icon: <EllipsisIcon /> } : {})}
    >
      {plain ? undefined : label}
    </MenuToggle>
  );
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      toggle={toggle}
      shouldFocusFirstItemOnOpen
      isScrollable={long}
      // Within the console, which may be all of the screen.
      popperProps={{ position: "end", appendTo: "inline" }}
    >
      {groups.map(({ name, tools }) => (
        <DropdownGroup key={name ?? ""} label={name} labelHeadingLevel="h2">
          <DropdownList>
            {tools.map((each) => (
              <Item key={each.key} tool={each} />
            ))}
          </DropdownList>
        </DropdownGroup>
      ))}
    </Dropdown>
  );
}

function Item({ tool }: { readonly tool: Tool }) {
  const { label, note, checked, disabled, act } = tool;
  return (
    <DropdownItem description={note} isDisabled={disabled} isSelected={checked} onClick={act}>
      {label}
    </DropdownItem>
  );
}
