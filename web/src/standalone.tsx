/** Entry of the page that virtpod's own gateway serves. */
import { start } from "./app/start.tsx";
import { openGateway } from "./data/gateway.ts";
import { restorePlace } from "./data/place.ts";

restorePlace();
start(openGateway(new URL(".", document.baseURI)));
