/** The door of a page in Cockpit: the user's own kubeconfig on the machine that Cockpit shows. */
import { t } from "i18next";
import { ApiError, type ContextChoice, type KubeObject } from "./api.ts";
import type { Cockpit } from "./cockpit-bridge.ts";
import { openPipe } from "./cockpit-pipe.ts";
import {
  type Contexts,
  ProxyError,
  type RunningProxy,
  readContexts,
  startProxy,
} from "./cockpit-proxy.ts";
import { CockpitTransport } from "./cockpit-transport.ts";
import type { Connection, Door } from "./door.ts";
import { Rest } from "./rest.ts";

/** What the user chose, by its name in the kubeconfig; no secret. */
const CHOICE_KEY = "virtpod:context";
const REVIEW_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

export function openCockpit(cockpit: Cockpit | undefined, storage: Storage): Door {
  return new CockpitDoor(cockpit, storage);
}

class CockpitDoor implements Door {
  onLost: (why: string) => void = () => {};
  contexts?: ContextChoice;
  readonly #cockpit: Cockpit | undefined;
  readonly #storage: Storage;
  #proxy: { readonly context: string; readonly started: Promise<RunningProxy> } | null = null;

  constructor(cockpit: Cockpit | undefined, storage: Storage) {
    this.#cockpit = cockpit;
    this.#storage = storage;
  }

  async open(): Promise<Connection> {
    const cockpit = this.#cockpit;
    if (cockpit === undefined) throw new ApiError(0, t("This page works only inside of Cockpit."));
    try {
      const contexts = await readContexts(cockpit);
      const context = this.#pick(contexts);
      const proxy = await this.#start(cockpit, context);
      return await this.#connect(cockpit, proxy, contexts.namespaces.get(context) ?? "default");
    } catch (error) {
      throw error instanceof ProxyError ? describe(error) : error;
    }
  }

  #pick(contexts: Contexts): string {
    const [only] = contexts.names;
    if (only === undefined)
      throw new ApiError(
        0,
        t(
          "You have no kubeconfig on this machine. Put one at ~/.kube/config, or ask who runs the cluster for one.",
        ),
      );
    const chosen = this.#storage.getItem(CHOICE_KEY) ?? "";
    const current = contexts.names.includes(chosen) ? chosen : contexts.current;
    this.contexts = { names: contexts.names, current, choose: (name) => this.#choose(name) };
    return current;
  }

  #choose(name: string): void {
    this.#storage.setItem(CHOICE_KEY, name);
    // what is on the screen belongs to the other cluster
    location.hash = "#/";
    location.reload();
  }

  /** One proxy serves every attempt; one that has ended is replaced by the next. */
  #start(cockpit: Cockpit, context: string): Promise<RunningProxy> {
    if (this.#proxy?.context === context) return this.#proxy.started;
    const started = startProxy(cockpit, context);
    const mine = { context, started };
    this.#proxy = mine;
    const forget = () => {
      if (this.#proxy === mine) this.#proxy = null;
    };
    started.then(({ ended }) => {
      ended.then((error) => {
        forget();
        this.onLost(describe(error).message);
      });
    }, forget);
    return started;
  }

  async #connect(cockpit: Cockpit, proxy: RunningProxy, namespace: string): Promise<Connection> {
    let entered = false;
    const refused = () => {
      if (entered)
        this.onLost(t("The cluster no longer accepts the credentials of your kubeconfig."));
    };
    const api = new Rest(new CockpitTransport(() => openPipe(cockpit, proxy.unix)), refused);
    const user = await askUser(api);
    entered = true;
    return { api, session: { user, namespace, contexts: this.contexts } };
  }
}

/** Whom the API server takes the user for. */
async function askUser(api: Rest): Promise<string> {
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const review = (await api.call({ method: "POST", path: REVIEW_PATH, body })) as
    | (KubeObject & { status?: { userInfo?: { username?: string } } })
    | undefined;
  return review?.status?.userInfo?.username ?? "";
}

function describe({ kind, message }: ProxyError): ApiError {
  switch (kind) {
    case "missing":
      return new ApiError(
        0,
        t(
          "There is no kubectl on this machine. Install it, for instance Debian's kubernetes-client.",
        ),
      );
    case "lost":
      return new ApiError(0, t("The connection to this machine was lost."));
    case "failed":
      return new ApiError(0, t("kubectl could not connect: {{message}}", { message }));
  }
}
