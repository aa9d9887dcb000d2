/**
 * How a page comes to a connection. The three entry files each have one: the gateway's
 * (standalone.tsx), Cockpit's (cockpit.tsx), and a world in memory (dev/main.tsx).
 */
import type { Api, ContextChoice, Session } from "./api.ts";

export interface Connection {
  readonly api: Api;
  readonly session: Session;
}

/** How one may log in here. */
export interface LoginMethods {
  /** Name of the cluster, as far as somebody has told it. */
  readonly cluster: string;
  /** A page elsewhere that logs in by OpenID Connect; null where the cluster has none. */
  readonly oidc: { readonly label: string; readonly url: string } | null;
}

/** All throw ApiError; 401: not accepted, 400: not understood, 429: too many attempts. */
export interface LoginDoor {
  methods(): Promise<LoginMethods>;
  withToken(token: string): Promise<Connection>;
  withKubeconfig(text: string): Promise<Connection>;
}

export interface Door {
  /** Who is logged in already; null when somebody has to log in first. Throws ApiError. */
  open(): Promise<Connection | null>;
  /** Undefined where somebody else, as Cockpit, lets people in. */
  readonly login?: LoginDoor;
  /** Known once `open` has been called; undefined where there is one cluster alone. */
  readonly contexts?: ContextChoice;
  /** Called when the session has ended by itself: a token that expired, a bridge that went away. */
  onLost: (why: string) => void;
}
