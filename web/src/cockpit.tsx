/** Entry of the page in Cockpit. */
import { start } from "./app/start.tsx";
import { openCockpit } from "./data/cockpit.ts";
import { findCockpit } from "./data/cockpit-bridge.ts";

start(openCockpit(findCockpit(), localStorage));
