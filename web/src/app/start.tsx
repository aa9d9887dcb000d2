/** Starts the page behind a door; the one thing that entry files call. */
import "@patternfly/react-core/dist/styles/base.css";
import "./app.css";
import "./shell.css";
import { createRoot } from "react-dom/client";
import type { Door } from "../data/door.ts";
import { App } from "./App.tsx";

export function start(door: Door): void {
  const place = document.getElementById("app");
  if (place === null) throw new Error("the page has no place for the app");
  createRoot(place).render(<App door={door} />);
}
