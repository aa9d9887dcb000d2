/** What the world tells of the kinds that it serves, as API discovery does. */
import type { Json, Store } from "./store.ts";

// Of CDI nothing is told: the world has DataVolumes, and nobody who takes uploads.
const VERSIONS: Readonly<Record<string, string>> = {
  "kubevirt.io": "v1",
  "instancetype.kubevirt.io": "v1beta1",
  "snapshot.kubevirt.io": "v1beta1",
  "k8s.cni.cncf.io": "v1",
  "storage.k8s.io": "v1",
};

/** The answer at a path; null for what is not discovery. */
export function discover(path: string, store: Store): Json | null {
  const [root, group, version, ...more] = path.split("/").slice(1);
  if (root !== "apis" || more.length > 0) return null;
  if (group === undefined) return listGroups(store);
  if (version === undefined || VERSIONS[group] !== version) return null;
  const names = store.kinds.filter((kind) => kind.startsWith(`${group}/`));
  const resources = names.map((kind) => ({ name: kind.slice(group.length + 1), namespaced: true }));
  if (resources.length === 0) return null;
  return { kind: "APIResourceList", groupVersion: `${group}/${version}`, resources };
}

function listGroups(store: Store): Json {
  const served = Object.entries(VERSIONS).filter(([group]) =>
    store.kinds.some((kind) => kind.startsWith(`${group}/`)),
  );
  const groups = served.map(([name, version]) => ({
    name,
    versions: [{ groupVersion: `${name}/${version}`, version }],
  }));
  return { kind: "APIGroupList", groups };
}
