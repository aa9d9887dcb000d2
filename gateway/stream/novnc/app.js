// The graphical console of one VM, named by ?namespace=…&name=…; noVNC draws and types.
import RFB from "./core/rfb.js";

const SUBPROTOCOL = "plain.kubevirt.io";
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const AGAIN_MILLISECONDS = 3000;
const MAX_TRIES = 10; // after a connection that was lost; a VM that does not run is waited for

const LABELS = {
  connecting: "Connecting",
  connected: "Connected",
  disconnected: "Disconnected",
  waiting: "Not running",
  busy: "Busy",
  refused: "Refused",
};
const SOON = "The screen appears here as soon as it runs.";
const BUSY =
  "The screen cannot be had now: too many are looking at it, or the VM's node does not answer.";

const find = (id) => document.getElementById(id);
const button = { keys: find("keys"), scale: find("scale"), connect: find("connect") };
let screen = null; // noVNC, while there is a connection
let timer = 0;
let tries = 0;
let asked = 0; // counts what is asked; only the last answer matters
let ending = null; // what the close frame said

function show(state, reason = "") {
  document.body.dataset.state = state;
  find("state").textContent = LABELS[state];
  find("reason").textContent = reason;
  button.keys.disabled = state !== "connected";
  button.connect.hidden = state === "connecting" || state === "connected";
}

function readTarget(query) {
  const [namespaces, names] = [query.getAll("namespace"), query.getAll("name")];
  const right =
    namespaces.length === 1 &&
    names.length === 1 &&
    NAMESPACE.test(namespaces[0]) &&
    NAME.test(names[0]);
  return right ? { namespace: namespaces[0], name: names[0] } : null;
}

function buildUrl({ namespace, name }) {
  const path = `../namespaces/${namespace}/virtualmachineinstances/${name}/vnc`;
  return new URL(path, document.baseURI.split("?")[0]);
}

// A websocket that is refused does not tell why; the same question without one does.
async function explain(url) {
  try {
    const answer = await fetch(url, { cache: "no-store", redirect: "error" });
    const text = await answer.text();
    let message = text.slice(0, 1000);
    try {
      message = JSON.parse(text).message ?? message;
    } catch {
      // plain text
    }
    return { code: answer.status, message: String(message) };
  } catch {
    return { code: 0, message: "The server does not answer." };
  }
}

// What the API server says without what it puts before: 'Operation cannot be fulfilled on …: '.
function shorten(message) {
  return message.replace(/^Operation cannot be fulfilled on \S+ "[^"]*": /, "");
}

// Called again and again while there is no screen, so it must not flicker.
function tellFailure(target, { code, message }) {
  if (code === 404) {
    // Of a VM that is off there is nothing that could be found, and so between two of its lives.
    show("waiting", `No VM of this name is running. ${SOON}`);
    later(() => look(target));
  } else if (code === 409) {
    show("waiting", `${shorten(message)}. ${SOON}`);
    later(() => look(target));
  } else if (code === 400 && message.includes("websocket")) {
    // The VM is fine, so it was the console.
    retry("busy", BUSY, target);
  } else if (code === 0 || code >= 500) {
    retry("disconnected", message, target);
  } else if (code === 401 || code === 403) {
    show("refused", `You may not see this VM's screen. ${message}`);
  } else {
    show("refused", message);
  }
}

function later(act) {
  clearTimeout(timer);
  timer = setTimeout(act, AGAIN_MILLISECONDS);
}

function retry(state, reason, target) {
  tries += 1;
  if (tries < MAX_TRIES) {
    show(state, `${reason} Trying again.`);
    later(() => connect(target, true));
  } else {
    show(state, reason);
  }
}

// Asks without a websocket whether there is a screen by now.
async function look(target) {
  const current = ++asked;
  const answer = await explain(buildUrl(target));
  if (current !== asked || screen !== null) {
    return; // the user was quicker
  }
  if (answer.code === 400) {
    connect(target); // only a websocket was missing
  } else {
    tellFailure(target, answer);
  }
}

async function finish(target, wasConnected) {
  screen = null;
  const { code = 1006, reason = "" } = ending ?? {};
  if (!wasConnected) {
    const current = ++asked;
    const answer = await explain(buildUrl(target));
    if (current === asked && screen === null) {
      tellFailure(target, answer);
    }
  } else if (code === 1008) {
    show("disconnected", reason || "The server ended it."); // a right that is gone: no use to ask
  } else if (code === 1000) {
    show("disconnected", reason || "The VM has stopped.");
    later(() => look(target));
  } else {
    retry("disconnected", reason || "The connection was lost.", target);
  }
}

function connect(target, quietly = false) {
  clearTimeout(timer);
  if (screen !== null) {
    return;
  }
  if (!quietly) {
    show("connecting");
  }
  const url = buildUrl(target);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, [SUBPROTOCOL]);
  ending = null;
  socket.addEventListener("close", (event) => {
    ending = { code: event.code, reason: event.reason };
  });
  let wasConnected = false;
  screen = new RFB(find("screen"), socket);
  screen.scaleViewport = button.scale.ariaPressed === "true";
  screen.clipViewport = false;
  screen.background = "black";
  screen.addEventListener("connect", () => {
    wasConnected = true;
    tries = 0;
    show("connected");
    screen.focus();
  });
  screen.addEventListener("disconnect", () => finish(target, wasConnected));
  screen.addEventListener("securityfailure", (event) => {
    ending = { code: 1011, reason: `The console refused: ${event.detail.reason ?? "no reason"}` };
  });
}

function start() {
  const target = readTarget(new URLSearchParams(location.search));
  if (target === null) {
    show("refused", "Open this page with ?namespace=…&name=… of a VM.");
    button.connect.hidden = true;
    return;
  }
  document.title = `${target.name} · ${target.namespace}`;
  find("title").textContent = `${target.namespace}/${target.name}`;
  button.connect.addEventListener("click", () => {
    tries = 0;
    connect(target);
  });
  button.keys.addEventListener("click", () => {
    screen?.sendCtrlAltDel();
    screen?.focus();
  });
  button.scale.addEventListener("click", () => {
    const pressed = button.scale.ariaPressed !== "true";
    button.scale.ariaPressed = String(pressed);
    if (screen !== null) {
      screen.scaleViewport = pressed;
      screen.clipViewport = !pressed;
      screen.focus();
    }
  });
  connect(target);
}

start();
