/**
 * Entry of the pages with a world in memory, to look at them without a cluster. The page's address
 * says which world: ?world=sample|beyond|empty|many&count=10000&churn=20&user=admin|edit|view|tenant|vms&login
 */
import { start } from "../src/app/start.tsx";
import { ApiError } from "../src/data/api.ts";
import type { Connection, Door } from "../src/data/door.ts";
import { Rest } from "../src/data/rest.ts";
import { buildBeyond } from "./beyond.ts";
import { NODES } from "./cluster.ts";
import { buildEmpty, buildMany, buildSample, churn } from "./sample.ts";
import { Server, type User } from "./server.ts";
import { Verbs } from "./verb.ts";

const options = new URLSearchParams(location.search);

function buildStore() {
  const world = options.get("world") ?? "sample";
  if (world === "empty") return buildEmpty();
  if (world === "beyond") return buildBeyond();
  return world === "many" ? buildMany(Number(options.get("count") ?? 1000)) : buildSample();
}

const store = buildStore();
if (options.has("churn")) churn(store, Number(options.get("churn")));

class DevDoor implements Door {
  onLost: (why: string) => void = () => {};
  #server: Server | undefined;

  async open(): Promise<Connection | null> {
    if (options.has("login")) return null;
    return this.#connect((options.get("user") ?? "admin") as User);
  }

  readonly login = {
    methods: async () => ({
      cluster: "world in memory",
      oidc: { label: "Single sign-on", url: "#/" },
    }),
    withToken: async (token: string) => {
      if (!["admin", "edit", "view", "tenant", "vms"].includes(token)) {
        throw new ApiError(401, "the token is not accepted; here it is admin, edit or view");
      }
      return this.#connect(token as User);
    },
    withKubeconfig: async (text: string) => {
      if (!text.includes("users:")) throw new ApiError(400, "this is no kubeconfig");
      return this.#connect("admin");
    },
  };

  /** For tests of pages: cuts the world off, and lets it back. */
  setOnline(online: boolean): void {
    this.#server?.setOnline(online);
  }

  /** For tests of pages: the token has expired. */
  expire(): void {
    this.#server?.endSession();
  }

  #connect(user: User): Connection {
    const server = new Server(store, new Verbs(store, NODES), user);
    this.#server = server;
    const logout = async () => server.endSession();
    const api = new Rest(server, (why) => this.onLost(why));
    return { api, session: { user, namespace: user === "tenant" ? "lab" : "default", logout } };
  }
}

const door = new DevDoor();
Object.assign(globalThis, { world: { store, door } });
start(door);
