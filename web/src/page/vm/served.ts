/** Whether the API serves a kind: asked once a session, as discovery answers it. */
import type { Api } from "../../data/api.ts";

const known = new WeakMap<Api, Map<string, Promise<unknown>>>();

/** A version that is not in the list of all is not asked about. */
export async function isServed(api: Api, version: string, plural: string): Promise<boolean> {
  const { groups = [] } = (await askOnce(api, "/apis")) as GroupList;
  const versions = groups.flatMap((each) => each.versions ?? []);
  if (!versions.some((each) => each.groupVersion === version)) return false;
  const { resources = [] } = (await askOnce(api, `/apis/${version}`)) as ResourceList;
  return resources.some((each) => each.name === plural);
}

/** What is used of metav1.APIGroupList. */
interface GroupList {
  readonly groups?: readonly {
    readonly versions?: readonly { readonly groupVersion?: string }[];
  }[];
}

/** What is used of metav1.APIResourceList. */
interface ResourceList {
  readonly resources?: readonly { readonly name?: string }[];
}

function askOnce(api: Api, path: string): Promise<unknown> {
  const asked = known.get(api) ?? new Map<string, Promise<unknown>>();
  known.set(api, asked);
  const before = asked.get(path);
  if (before !== undefined) return before;
  const answer = api.call({ path });
  asked.set(path, answer);
  answer.catch(() => asked.delete(path));
  return answer;
}
