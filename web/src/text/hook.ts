/**
 * The texts in components. As react-i18next's hook, which makes a copy of all of i18next for each
 * component that uses it: a list has hundreds of them.
 */
import i18next, { type TFunction } from "i18next";
import { useSyncExternalStore } from "react";

export interface Texts {
  /** Another function for each language. */
  readonly t: TFunction;
  readonly i18n: { readonly language: string };
}

/** The texts, drawn anew when the language changes. */
export function useTranslation(): Texts {
  return useSyncExternalStore(subscribe, readTexts);
}

let held: Texts | undefined;

/** The same object for as long as the language is the same. */
export function readTexts(): Texts {
  const { language } = i18next;
  if (held?.i18n.language !== language) held = { t: rememberPlain(language), i18n: { language } };
  return held;
}

function subscribe(changed: () => void): () => void {
  i18next.on("languageChanged", changed);
  return () => i18next.off("languageChanged", changed);
}

/** Sentences without values are looked up once. */
function rememberPlain(language: string): TFunction {
  const find = i18next.getFixedT(language);
  const plain = new Map<string, string>();
  const t = (key: string, values?: Record<string, unknown>): string => {
    if (values !== undefined) return find(key, values);
    const text = plain.get(key) ?? find(key);
    plain.set(key, text);
    return text;
  };
  return t as TFunction;
}
