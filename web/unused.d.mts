interface Unused {
  readonly component: string;
  readonly source: RegExp;
}
export const UNUSED_LOOKS: readonly (Unused & { readonly looks: string })[];
export const UNUSED_PARTS: readonly (Unused & { readonly parts: string })[];
/** Whether a selector is only for what no page has. */
export function isUnused(selector: string): boolean;
