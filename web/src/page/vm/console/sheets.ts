/**
 * Style sheets without style elements: a Content-Security-Policy without 'unsafe-inline' refuses
 * those, and lets scripts adopt sheets.
 */

/** Adopts a sheet for as long as the document is there; the same text only once. */
export function adoptOnce(text: string): void {
  if (adopted.has(text)) return;
  adopted.add(text);
  adopt().replaceSync(text);
}
const adopted = new Set<string>();

/**
 * What xterm.js gets in place of a style element (terminal.mjs): what is written into it becomes an
 * adopted sheet, which goes when the element is removed.
 */
export function makeSheet(): HTMLElement {
  const sheet = adopt();
  // A template shows nothing, wherever it is put.
  const element = document.createElement("template");
  Object.defineProperty(element, "textContent", {
    set: (text: string) => sheet.replaceSync(text),
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
}

function adopt(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  return sheet;
}
