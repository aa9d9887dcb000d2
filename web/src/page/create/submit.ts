/** Creating a VM and what belongs to it, so that nothing half-made stays behind. */
import type { TFunction } from "i18next";
import type { Api, KubeObject } from "../../data/api.ts";
import { buildVerbPath } from "../../data/path.ts";
import { SECRETS, VMS } from "../../data/resources.ts";
import { runTask } from "../../data/tasks.ts";
import type { Manifest, Manifests } from "../../model/draftBuild.ts";

export interface Order {
  readonly api: Api;
  readonly manifests: Manifests;
  /** Start it once it is there. */
  readonly start: boolean;
  readonly t: TFunction;
}

/** Creates the Secret, the VM, and makes the VM its owner. Throws what refuses the VM. */
export async function createVm({ api, manifests, start, t }: Order): Promise<KubeObject> {
  const { name, namespace } = manifests.vm.metadata;
  const object = { kind: VMS.kind, namespace, name };
  const title = t("Create {{name}}", { name });
  const vm = await runTask({ title, object }, () => createBoth(api, manifests));
  const { secret } = manifests;
  if (secret !== null) {
    const about = { title: t("Tie the Secret to {{name}}", { name }), object };
    // The VM is there: that its Secret would outlive it is told in the task log, and no failure.
    runTask(about, () => adopt(api, secret, vm)).catch(() => {});
  }
  if (start) {
    const path = buildVerbPath("virtualmachines", namespace ?? "", name, "start");
    const work = () => api.call({ method: "PUT", path, body: {} });
    runTask({ title: t("Start {{name}}", { name }), object }, work).catch(() => {});
  }
  return vm;
}

/** The Secret first: a VM may start at once. It goes again when the VM is refused. */
async function createBoth(api: Api, { vm, secret }: Manifests): Promise<KubeObject> {
  const create = (resource: typeof VMS, each: Manifest) =>
    api.create<KubeObject>(resource, each, { namespace: each.metadata.namespace, strict: true });
  if (secret === null) return create(VMS, vm);
  const made = await create(SECRETS, secret);
  try {
    return await create(VMS, vm);
  } catch (error) {
    const { name, namespace, uid } = made.metadata;
    await api.delete(SECRETS, name, { namespace, uid }).catch(() => {});
    throw error;
  }
}

/** Makes the VM the owner of the Secret, which goes with it then. */
async function adopt(api: Api, secret: Manifest, vm: KubeObject): Promise<void> {
  const { name, namespace } = secret.metadata;
  const owner = {
    apiVersion: `${VMS.group}/${VMS.version}`,
    kind: VMS.kind,
    name: vm.metadata.name,
    uid: vm.metadata.uid,
  };
  await api.patch(SECRETS, name, { metadata: { ownerReferences: [owner] } }, { namespace });
}
