/** How components reach the API and the session. */
import { createContext, useContext } from "react";
import type { Api, Session } from "./api.ts";

const ApiContext = createContext<{ api: Api; session: Session } | null>(null);

export const ApiProvider = ApiContext.Provider;

/** The API with the rights of who is logged in. */
export function useApi(): Api {
  return useHeld().api;
}

/** Who is logged in. */
export function useSession(): Session {
  return useHeld().session;
}

function useHeld() {
  const held = useContext(ApiContext);
  if (held === null) throw new Error("used outside of ApiProvider");
  return held;
}
