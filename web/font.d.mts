import type { Plugin } from "esbuild";

export const smallFont: Plugin;
/** The rule of a font's face, and after it the same with fewer letters, which is preferred. */
export function addSmallFace(rule: string): string;
export function cutFont(font: Buffer): Promise<Buffer>;
