/** Keeps the language and the direction of the document as the user wants them. */
import { useEffect, useState } from "react";
import { speak, startTexts } from "../text/index.ts";
import { DIRECTION, LANGUAGE, useSetting } from "./setting.ts";
import { directionOf, EMBEDDED, pickLanguage } from "./theme.ts";

/** What the texts are, whoever says otherwise; at first as the file says it. */
const told = { lang: "en", dir: "ltr" };

/**
 * The shell of older Cockpits, such as Debian 12's, writes its own language into a frame's document;
 * the texts are ours, and a screen reader would read them out in another tongue.
 */
function keepTold(): () => void {
  const observer = new MutationObserver(tell);
  observer.observe(document.documentElement, { attributeFilter: ["lang", "dir"] });
  return () => observer.disconnect();
}

function tell(): void {
  const root = document.documentElement;
  if (root.lang !== told.lang) root.lang = told.lang;
  if (root.dir !== told.dir) root.dir = told.dir;
}

/** Whether the texts of the wanted language are there; they stay once they were. */
export function useTexts(): boolean {
  const [chosen] = useSetting(LANGUAGE);
  const [direction] = useSetting(DIRECTION);
  const [ready, setReady] = useState(false);
  useEffect(() => (EMBEDDED ? keepTold() : undefined), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: pickLanguage reads what was chosen.
  useEffect(() => {
    startTexts();
    const language = pickLanguage();
    told.lang = language;
    tell();
    // Without the German texts the page is English: better than none.
    speak(language).finally(() => setReady(true));
  }, [chosen]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the language decides when nobody did.
  useEffect(() => {
    const asked = new URLSearchParams(location.search).get("dir");
    const own = asked === "rtl" || asked === "ltr" ? asked : direction;
    told.dir = own === "auto" ? directionOf(pickLanguage()) : own;
    tell();
  }, [direction, chosen]);
  return ready;
}
