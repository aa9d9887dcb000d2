import type { Plugin } from "esbuild";

export const leanStyles: Plugin;
/** A style sheet without the rules that nothing in these pages can match. */
export function thinOut(text: string): string;
