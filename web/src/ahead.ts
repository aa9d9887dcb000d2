/**
 * Runs before the code of the pages is there, and asks for what the first of them will: see
 * data/ahead.ts. Also has the browser fetch that page's code, which only the app's code names.
 */
import { askAhead } from "./data/ahead.ts";
import { THIN_TABLES } from "./data/fetch.ts";
import { buildListPath, REMEMBERED } from "./data/path.ts";
import { VMIS, VMS } from "./data/resources.ts";
import { ACCEPT } from "./data/rest.ts";
import { WITHOUT_VM } from "./model/row.ts";

/** Files of code by the page's path; build.mjs puts it in. */
declare const PARTS: Readonly<Record<string, readonly string[]>>;

const base = new URL(".", document.baseURI);
const [path = "/", query] = location.hash.replace(/^#?\/?/, "/").split("?", 2);

askAhead(new URL("ui/session", base), { accept: ACCEPT.list });
if (path === "/vms") {
  const namespace = new URLSearchParams(query).get("namespace") ?? undefined;
  const selection = { namespace, resourceVersion: REMEMBERED };
  for (const list of [
    buildListPath(VMS, selection),
    buildListPath(VMIS, { ...selection, labelSelector: WITHOUT_VM }),
  ]) {
    askAhead(new URL(`k8s${list}`, base), { accept: ACCEPT.table, ...THIN_TABLES });
  }
}
for (const href of PARTS[path] ?? []) {
  document.head.append(
    Object.assign(document.createElement("link"), { rel: "modulepreload", href }),
  );
}
