/** All German texts: one file an area. */
import cluster from "./cluster.json" with { type: "json" };
import cockpit from "./cockpit.json" with { type: "json" };
import consoles from "./console.json" with { type: "json" };
import create from "./create.json" with { type: "json" };
import data from "./data.json" with { type: "json" };
import list from "./list.json" with { type: "json" };
import shell from "./shell.json" with { type: "json" };
import vm from "./vm.json" with { type: "json" };

export const GERMAN: Record<string, string> = {
  ...cluster,
  ...cockpit,
  ...consoles,
  ...create,
  ...data,
  ...list,
  ...shell,
  ...vm,
};
