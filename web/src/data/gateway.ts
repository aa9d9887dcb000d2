/** The door of virtpod's own gateway: ui/session, ui/login, ui/logout, and k8s/ behind them. */
import { dropAhead } from "./ahead.ts";
import { ApiError } from "./api.ts";
import { CLOCK, type Clock } from "./clock.ts";
import { readStatus } from "./decode.ts";
import type { Connection, Door, LoginDoor, LoginMethods } from "./door.ts";
import { ask, OWN_HEADER, openFetchTransport } from "./fetch.ts";
import { doAlone, Keeper, type Lease } from "./keeper.ts";
import { Rest, type Transport } from "./rest.ts";

const SECONDS = 30;
const RENEW = "ui/session/renew";
/** It goes on while a machine sleeps, as sessions do. */
const WALL_CLOCK = { ...CLOCK, now: () => Date.now() };

interface Who extends Lease {
  readonly namespace: string;
  readonly cluster: string;
  readonly oidc: LoginMethods["oidc"];
}

/** `base` is where the page is served; all paths are relative to it. */
export function openGateway(base: URL, clock: Clock = WALL_CLOCK): Door {
  return new Gateway(base, clock);
}

class Gateway implements Door {
  readonly #base: URL;
  readonly #clock: Clock;
  onLost: (why: string) => void = () => {};
  /** Counts logins: an answer to an earlier session's request must not end this one. */
  #session = 0;
  #keeper: Keeper | undefined;

  constructor(base: URL, clock: Clock) {
    this.#base = base;
    this.#clock = clock;
  }

  readonly login: LoginDoor = {
    methods: async () => {
      const { status, body } = await this.#ask("GET", "ui/session");
      if (status === 401) return readMethods(body);
      if (status !== 200) throw readStatus(status, body);
      return { cluster: readWho(body).cluster, oidc: null };
    },
    withToken: (token) => this.#enter({ token }),
    withKubeconfig: (text) => this.#enter({ kubeconfig: text }),
  };

  async open(): Promise<Connection | null> {
    const { status, body } = await this.#ask("GET", "ui/session");
    if (status === 200) return this.#connect(readWho(body));
    // what was asked ahead was asked by nobody
    dropAhead();
    if (status === 401) return mayRenew(body) ? this.#reopen() : null;
    throw readStatus(status, body);
  }

  async #enter(credentials: { token: string } | { kubeconfig: string }): Promise<Connection> {
    const { status, body } = await this.#ask("POST", "ui/login", credentials);
    if (status !== 200) throw readStatus(status, body);
    return this.#connect(readWho(body));
  }

  /** A session whose token has expired, as while a machine slept, may be renewed all the same. */
  async #reopen(): Promise<Connection | null> {
    try {
      return this.#connect(await doAlone(() => this.#renew()));
    } catch (error) {
      if (error instanceof ApiError && (error.code === 401 || error.code === 403)) return null;
      throw error;
    }
  }

  async #renew(): Promise<Who> {
    return readAccepted(await this.#ask("POST", RENEW));
  }

  async #look(): Promise<Who> {
    return readAccepted(await this.#ask("GET", "ui/session"));
  }

  #connect(who: Who): Connection {
    this.#session += 1;
    const session = this.#session;
    const lost = (why: string) => {
      if (session !== this.#session) return;
      this.#session += 1;
      keeper.stop();
      this.onLost(why);
    };
    const door = {
      renew: () => this.#renew(),
      look: () => this.#look(),
      lost,
      alone: doAlone,
    };
    const keeper = new Keeper(door, this.#clock, who);
    this.#keeper?.stop();
    this.#keeper = keeper;
    const refuse = async (why: string) => {
      if (!(await keeper.revive())) lost(why);
    };
    const logout = async () => {
      this.#session += 1;
      keeper.stop();
      const { status, body } = await this.#ask("POST", "ui/logout");
      if (status >= 300 && status !== 401) throw readStatus(status, body);
    };
    const api = new Rest(wakeFirst(openFetchTransport(this.#base), keeper), refuse);
    const again = who.oidc === null ? undefined : new URL(who.oidc.url, this.#base).href;
    const { user, namespace, cluster } = who;
    return { api, session: { user, namespace, cluster, logout, keeper, again } };
  }

  async #ask(method: "GET" | "POST", path: string, body?: object) {
    const headers: Record<string, string> = { accept: "application/json" };
    if (method === "POST") Object.assign(headers, OWN_HEADER);
    if (body !== undefined) headers["content-type"] = "application/json";
    const signal = AbortSignal.timeout(SECONDS * 1000);
    const sent = body === undefined ? undefined : JSON.stringify(body);
    // what renews a session is good once: its answer is taken though the page is left meanwhile
    const keepalive = path === RENEW;
    const init: RequestInit = { method, headers, body: sent, cache: "no-store", signal, keepalive };
    try {
      const response = await ask(new URL(path, this.#base), init);
      return { status: response.status, body: await response.text() };
    } catch {
      throw new ApiError(0, "the gateway cannot be reached", "Unreachable");
    }
  }
}

/** After a machine has slept beyond the token's end, requests wait for the next one. */
function wakeFirst(transport: Transport, keeper: Keeper): Transport {
  const { watch } = transport;
  return {
    ...transport,
    async send(path, sent) {
      await keeper.revive();
      return transport.send(path, sent);
    },
    watch:
      watch &&
      async function* (path, form, signal) {
        await keeper.revive();
        yield* watch(path, form, signal);
      },
  };
}

function readWho(body: string): Who {
  const { user = "", namespace = "default", cluster = "", ...rest } = parse(body) as Partial<Who>;
  const { seconds = Number.POSITIVE_INFINITY, renews = false, oidc = null } = rest;
  return { user, namespace, cluster, seconds, renews, oidc };
}

function readAccepted({ status, body }: { status: number; body: string }): Who {
  if (status !== 200) throw readStatus(status, body);
  return readWho(body);
}

function mayRenew(body: string): boolean {
  return (parse(body) as { renews?: boolean }).renews === true;
}

function readMethods(body: string): LoginMethods {
  const { cluster = "", oidc = null } = parse(body) as Partial<LoginMethods>;
  return { cluster, oidc };
}

function parse(body: string): object {
  try {
    const value = JSON.parse(body) as unknown;
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // told below
  }
  throw new ApiError(0, "this is not virtpod's gateway");
}
