/**
 * Looks of PatternFly's components that no page has: their rules are left out (lean.mjs). Each has
 * what a page's source would say to get it; a test looks whether one does.
 */

/** @type {readonly { readonly component: string, readonly looks: string, readonly source: RegExp }[]} */
export const UNUSED_LOOKS = [
  {
    component: "button",
    looks: "hamburger|unread|attention|read|stateful|favorite|favorited|settings|docked|circle",
    source: /\b(isHamburger|isFavorite|isFavorited|isSettings|isDocked|isCircle)\b|"stateful"/,
  },
  {
    component: "table",
    looks:
      "sticky[\\w-]*|striped|animate-expand|nested-column-header|drag-over|ghost-row|tree-view[\\w-]*|expandable|favorite",
    source:
      /\b(isSticky\w*|sticky\w*Offset|isStriped|isExpandable|expand=|compoundExpand|hasNested\w+|nestedHeader\w+|draggable|isTreeTable|TreeRowWrapper|favorites=|isDraggable)/,
  },
  {
    component: "toolbar",
    looks: "sticky[\\w-]*|vertical|toggle-group|overflow-container",
    source: /\b(isSticky\w*|isVertical|ToolbarToggleGroup|isOverflowContainer)\b/,
  },
  {
    component: "label",
    looks: "editable|editable-active|add|custom",
    source: /\b(isEditable\w*|onEditComplete|variant="add"|"custom")/,
  },
  {
    component: "menu-toggle",
    looks: "split-button|typeahead|docked|settings|circle",
    source: /\b(splitButton\w+|"typeahead"|isDocked|isSettings|isCircle)\b/,
  },
  {
    component: "menu",
    looks: "drilldown|drilled-in|flyout|current-path|favorited",
    source: /\b(containsDrilldown|drill\w+Menu\w*|flyoutMenu|isFavorited|isNavFlyout|onFavorite)\b/,
  },
];

/** Parts of components, by the beginning of what follows the two underscores. */
export const UNUSED_PARTS = [
  {
    component: "table",
    parts: "expandable|compound|column-help|favorite|control-row|tree-view|draggable",
    source:
      /\b(ExpandableRowContent|compoundExpand|info=\{\{|onFavorite|favorites=|TreeRowWrapper)/,
  },
  {
    component: "toolbar",
    parts: "expand|toggle",
    source: /\b(ToolbarToggleGroup|ToolbarExpand\w+|isExpanded=\{\w*[tT]oolbar)\b/,
  },
  { component: "alert-group", parts: "", source: /\bAlertGroup\b/ },
  {
    component: "menu",
    parts: "breadcrumb|footer|header|search|item-action",
    source:
      /\bMenu(Breadcrumb|Footer|Header|Search|ItemAction)\b|<(\w+Item|SelectOption)\s[^<>]*actions=/,
  },
  { component: "menu-toggle", parts: "button", source: /\bsplitButton\w+|"typeahead"/ },
];

const PATTERNS = [
  // not in ".a:not(.b)": that is how all others look
  ...UNUSED_LOOKS.map(
    ({ component, looks }) =>
      new RegExp(`\\.pf-v6-c-${component}(__[\\w-]+)?[^\\s,>+~]*\\.pf-m-(${looks})(?![\\w-])`),
  ),
  ...UNUSED_PARTS.map(({ component, parts }) =>
    parts === ""
      ? new RegExp(`\\.pf-v6-c-${component}(?![a-z-])`)
      : new RegExp(`\\.pf-v6-c-${component}__(${parts})`),
  ),
];

/** Whether a selector is only for what no page has. */
export function isUnused(selector) {
  const plain = selector.replace(/:not\([^()]*(\([^()]*\)[^()]*)*\)/g, "");
  return PATTERNS.some((each) => each.test(plain));
}
