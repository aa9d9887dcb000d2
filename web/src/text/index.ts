/**
 * The texts of the pages. A key is the English sentence itself; src/text/en has only the singulars
 * of sentences with a count ("… _one"), and src/text/de has German, loaded when it is wanted.
 */
import i18next, { type FormatterModule } from "i18next";
import { formatNumber } from "../model/quantity.ts";
import { SINGULARS } from "./en/index.ts";

/** Languages that have texts. */
export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

const NAMESPACE = "translation";

/** The first language that the user prefers and that there are texts for; else English. */
export function chooseLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const [base = ""] = tag.toLowerCase().split(/[-_]/);
    const found = LANGUAGES.find((each) => each === base);
    if (found !== undefined) return found;
  }
  return "en";
}

/** Numbers within sentences are written as the language writes them: 10,000 VMs, 10.000 VMs. */
const NUMBERS: FormatterModule = {
  type: "formatter",
  init() {},
  add() {},
  addCached() {},
  format: (value, _, language) =>
    typeof value === "number" ? formatNumber(value, language ?? "en") : value,
};

/** Makes ready what `t` needs; English is there at once. */
export function startTexts(): void {
  if (i18next.isInitialized) return;
  i18next.use(NUMBERS).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { [NAMESPACE]: SINGULARS } },
    // Sentences have colons and dots in them.
    keySeparator: false,
    nsSeparator: false,
    // React writes values as text; nothing else does.
    interpolation: { escapeValue: false, alwaysFormat: true },
    initAsync: false,
  });
}

/** Switches the language; loads its texts the first time. Stays as it is when that fails. */
export async function speak(language: Language): Promise<void> {
  if (language === "de" && !i18next.hasResourceBundle("de", NAMESPACE)) {
    const { GERMAN } = await import("./de/index.ts");
    i18next.addResourceBundle("de", NAMESPACE, GERMAN);
  }
  await i18next.changeLanguage(language);
}
