/** Where a tab was before it went off to log in elsewhere; sessionStorage is of this tab alone. */
const KEY = "virtpod:place";

/** Before the page is left. */
export function keepPlace(): void {
  try {
    sessionStorage.setItem(KEY, location.hash);
  } catch {
    // a browser that may not remember comes back to the first page
  }
}

/** When it is back: the address as it was, unless it says something already. */
export function restorePlace(): void {
  try {
    const hash = sessionStorage.getItem(KEY) ?? "";
    sessionStorage.removeItem(KEY);
    if (location.hash === "" && hash.startsWith("#/")) history.replaceState(null, "", hash);
  } catch {
    // as above
  }
}
