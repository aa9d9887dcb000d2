/** Which pages there are, where, and in which order the navigation has them. */
import CubeIcon from "@patternfly/react-icons/dist/esm/icons/cube-icon";
import NetworkIcon from "@patternfly/react-icons/dist/esm/icons/network-icon";
import ServerIcon from "@patternfly/react-icons/dist/esm/icons/server-icon";
import StorageIcon from "@patternfly/react-icons/dist/esm/icons/storage-domain-icon";
import OverviewIcon from "@patternfly/react-icons/dist/esm/icons/tachometer-alt-icon";
import VmIcon from "@patternfly/react-icons/dist/esm/icons/virtual-machine-icon";
import type { TFunction } from "i18next";
import { type ComponentType, createElement } from "react";
import { Loading } from "../part/Loading.tsx";
import { type LateComponent, lateCode } from "./late.ts";

export interface Page {
  /** Pattern of wouter, below the hash: /vms/:namespace/:name/:tab? */
  readonly path: string;
  /** In the navigation; without it the page is reached from others. */
  readonly entry?: {
    readonly name: (t: TFunction) => string;
    readonly icon: ComponentType;
  };
  readonly component: LateComponent<object>;
}

function bring(load: () => Promise<{ default: ComponentType }>): Pick<Page, "component"> {
  return { component: lateCode(load, createElement(Loading)) };
}

export const PAGES: readonly Page[] = [
  {
    path: "/",
    entry: { name: (t) => t("Overview"), icon: OverviewIcon },
    ...bring(() => import("../page/overview/Overview.tsx")),
  },
  {
    path: "/vms",
    entry: { name: (t) => t("Virtual machines"), icon: VmIcon },
    ...bring(() => import("../page/vms/VmList.tsx")),
  },
  { path: "/vms/create", ...bring(() => import("../page/create/Create.tsx")) },
  { path: "/vms/:namespace/:name/:tab?", ...bring(() => import("../page/vm/Vm.tsx")) },
  {
    path: "/nodes",
    entry: { name: (t) => t("Nodes"), icon: ServerIcon },
    ...bring(() => import("../page/nodes/Nodes.tsx")),
  },
  {
    path: "/storage",
    entry: { name: (t) => t("Storage"), icon: StorageIcon },
    ...bring(() => import("../page/storage/Storage.tsx")),
  },
  {
    path: "/networks",
    entry: { name: (t) => t("Networks"), icon: NetworkIcon },
    ...bring(() => import("../page/networks/Networks.tsx")),
  },
  {
    path: "/instancetypes",
    entry: { name: (t) => t("Instance types"), icon: CubeIcon },
    ...bring(() => import("../page/instancetypes/Instancetypes.tsx")),
  },
  /** A console alone, in a window of its own; shown without navigation. */
  {
    path: "/console/:kind/:namespace/:name",
    ...bring(() => import("../page/vm/ConsoleWindow.tsx")),
  },
];

/** Fetches the code of the page at a path (without its query); resolves when that is over. */
export async function fetchPage(path: string): Promise<void> {
  await PAGES.find((page) => fits(page.path, path))?.component.fetch();
}

function fits(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  const least = wanted.filter((each) => !each.endsWith("?")).length;
  if (given.length < least || given.length > wanted.length) return false;
  return given.every((each, at) => wanted[at]?.startsWith(":") || wanted[at] === each);
}
