/** Sees when an object is gone that was deleted: finalizers may keep it for as long as they want. */
import type { Api, KubeObject, Resource } from "./api.ts";
import { CLOCK, type Clock } from "./clock.ts";
import { follow } from "./follow.ts";
import type { Live } from "./live.ts";
import { ShownList } from "./shown.ts";

/** An object on its way out. */
export interface Departing {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  /** Another object of the name is not this one; "" for any. */
  readonly uid: string;
}

/** Calls once when the object is gone; what it returns calls it off. */
export function onGone(
  api: Api,
  departing: Departing,
  call: () => void,
  clock: Clock = CLOCK,
): () => void {
  const { resource, namespace, name, uid } = departing;
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  const shown = new ShownList("list");
  const ending = new AbortController();
  void follow({ api, form: "list", resource, selection }, shown, clock, ending.signal, () => {
    shown.publish();
    if (ending.signal.aborted || !isGone(shown.read() as Live<KubeObject>, uid)) return;
    ending.abort();
    call();
  });
  return () => ending.abort();
}

/** For who may not look, the API's yes is all that there is to hear. */
function isGone({ state, items, error }: Live<KubeObject>, uid: string): boolean {
  if (state === "refused") return error?.code === 403 || error?.code === 404;
  return state === "live" && !items.some(({ metadata }) => uid === "" || metadata.uid === uid);
}
