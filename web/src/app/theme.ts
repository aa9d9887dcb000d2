/** Light or dark, as the user, the system, or Cockpit's shell says; contrast as the system does. */

import { chooseLanguage, type Language } from "../text/index.ts";
import { LANGUAGE, THEME } from "./setting.ts";

/** Whether the page stands in somebody's frame: Cockpit's shell. */
export const EMBEDDED = window.parent !== window;

const DARK_CLASS = "pf-v6-theme-dark";
const CONTRAST_CLASS = "pf-v6-theme-high-contrast";
const RTL_LANGUAGES = ["ar", "he", "fa", "ur"];

/** What Cockpit's shell remembers of the user's choice: auto, light or dark. */
function readShellStyle(): string {
  try {
    return localStorage.getItem("shell:style") ?? "auto";
  } catch {
    return "auto";
  }
}

/**
 * Keeps the theme of the document right until the page is left. In Cockpit the shell's choice
 * counts: it says it to frames by its storage key, and to itself by an event.
 */
export function keepTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = (shellStyle = readShellStyle()) => {
    const own = THEME.read();
    const wanted = EMBEDDED ? shellStyle : own;
    const dark = wanted === "dark" || (wanted !== "light" && system.matches);
    document.documentElement.classList.toggle(DARK_CLASS, dark);
  };
  const contrast = matchMedia("(prefers-contrast: more)");
  const sharpen = () => document.documentElement.classList.toggle(CONTRAST_CLASS, contrast.matches);
  contrast.addEventListener("change", sharpen);
  sharpen();
  system.addEventListener("change", () => apply());
  THEME.subscribe(() => apply());
  addEventListener("storage", ({ key }) => {
    if (key === "shell:style") apply();
  });
  addEventListener("cockpit-style", (event) => {
    if (event instanceof CustomEvent) apply(String(event.detail?.style ?? "auto"));
  });
  apply();
}

/** The language that texts are to be in: the user's choice, Cockpit's, or the browser's. */
export function pickLanguage(): Language {
  const own = LANGUAGE.read();
  if (own !== "auto") return own;
  const shell = EMBEDDED ? readCockpitLanguage() : undefined;
  return chooseLanguage(shell === undefined ? navigator.languages : [shell]);
}

function readCockpitLanguage(): string | undefined {
  return /(?:^|;\s*)CockpitLang=([^;]+)/.exec(document.cookie)?.[1];
}

/** Which way a language is written. */
export function directionOf(language: string): "ltr" | "rtl" {
  return RTL_LANGUAGES.includes(language) ? "rtl" : "ltr";
}
