/** Where menus lie in the document that would be cut off where their button is. */

/** Within the page's main part, so that everything is in a landmark. */
export function findMenuPlace(): HTMLElement {
  return document.querySelector("main") ?? document.body;
}
