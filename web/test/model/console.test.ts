import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  backOff,
  type Console,
  type ConsoleEvent,
  judgeMachine,
  type Machine,
  NEW_CONSOLE,
  reduceConsole,
  showConsole,
  tellReason,
} from "../../src/model/console.ts";
import type { VirtualMachine, VirtualMachineInstance } from "../../src/model/kubevirt.ts";

const machine = (each: Machine): ConsoleEvent => ({ type: "machine", machine: each });
const OPENED: ConsoleEvent = { type: "opened" };
const DUE: ConsoleEvent = { type: "due" };
const RECONNECT: ConsoleEvent = { type: "reconnect" };
const closed = (code: number, reason = "", lasted = 60_000): ConsoleEvent => ({
  type: "closed",
  code,
  reason,
  opened: true,
  lasted,
});
const FAILED: ConsoleEvent = { type: "closed", code: 1006, reason: "", opened: false, lasted: 0 };
const answered = (code: number, message = ""): ConsoleEvent => ({
  type: "answered",
  code,
  message,
});
const NO_WEBSOCKET = answered(400, "this is a websocket: send an upgrade");

function run(...events: ConsoleEvent[]): Console {
  return events.reduce(reduceConsole, NEW_CONSOLE);
}
const shown = (state: Console) => showConsole(state, true);

describe("the states of a console", () => {
  test("nothing is tried before anything is known", () => {
    assert.equal(shown(NEW_CONSOLE), "loading");
    assert.equal(NEW_CONSOLE.link.at, "idle");
  });

  test("a running VM is connected to", () => {
    assert.equal(run(machine("running")).link.at, "connecting");
    assert.equal(shown(run(machine("running"))), "connecting");
    assert.equal(shown(run(machine("running"), OPENED)), "running");
  });

  test("connected is not yet seen: until the session shows something it is connecting", () => {
    assert.equal(showConsole(run(machine("running"), OPENED), false), "connecting");
  });

  test("a paused VM has consoles, which say that it is paused", () => {
    assert.equal(shown(run(machine("paused"), OPENED)), "paused");
    assert.equal(shown(run(machine("running"), OPENED, machine("paused"))), "paused");
  });

  for (const off of ["stopped", "starting", "no-device"] as const) {
    test(`${off}: nothing is tried`, () => {
      const state = run(machine(off));
      assert.equal(shown(state), off);
      assert.equal(state.link.at, "idle");
      assert.equal(reduceConsole(state, RECONNECT), state);
      assert.equal(reduceConsole(state, DUE), state);
    });
  }

  test("a VM that comes up is connected to at once", () => {
    assert.equal(run(machine("starting"), machine("running")).link.at, "connecting");
  });

  test("without a right to read the VM its console is tried all the same", () => {
    assert.equal(run(machine("unknown")).link.at, "connecting");
  });
});

describe("how a session ends", () => {
  test("the guest's side ended, and the VM stops", () => {
    const state = run(machine("running"), OPENED, closed(1000));
    assert.equal(shown(state), "stopped");
    assert.equal(shown(reduceConsole(state, machine("stopped"))), "stopped");
    assert.equal(reduceConsole(state, machine("stopped")).link.at, "idle");
  });

  test("what was open when the VM stopped stays until the server closes it", () => {
    const state = run(machine("running"), OPENED, machine("stopped"));
    assert.equal(state.link.at, "open");
    assert.equal(reduceConsole(state, closed(1000)).link.at, "idle");
  });

  test("a server that stops, and a loss, are connected again after a wait", () => {
    for (const code of [1001, 1006, 1011]) {
      const state = run(machine("running"), OPENED, closed(code, "why"));
      assert.equal(shown(state), "lost");
      assert.equal(tellReason(state), "why");
      const again = reduceConsole(state, DUE);
      assert.equal(again.link.at, "connecting");
      assert.equal(shown(again), "lost");
      assert.equal(shown(reduceConsole(again, OPENED)), "running");
    }
  });

  test("somebody who asked for the console alone is not pushed away", () => {
    const state = run(machine("running"), OPENED, closed(4001, "alone"));
    assert.equal(shown(state), "taken");
    assert.equal(reduceConsole(state, DUE), state);
    assert.equal(reduceConsole(state, RECONNECT).link.at, "connecting");
  });

  test("after a breach of policy the path says which: the right, or slowness", () => {
    const state = run(machine("running"), OPENED, closed(1008, "too slow"));
    assert.equal(state.link.at, "asking");
    assert.equal(shown(reduceConsole(state, answered(403, "no"))), "refused");
    const slow = reduceConsole(state, NO_WEBSOCKET);
    assert.equal(shown(slow), "lost");
    assert.equal(tellReason(slow), "too slow");
  });
});

describe("why a websocket was refused", () => {
  const asked = run(machine("running"), FAILED);
  const cases: readonly [ConsoleEvent, string, string][] = [
    [answered(0, "unreachable"), "lost", "waiting"],
    [answered(500, "oh"), "lost", "waiting"],
    [answered(429, "too many"), "lost", "waiting"],
    [answered(503, "the node does not answer"), "busy", "waiting"],
    [NO_WEBSOCKET, "busy", "waiting"],
    [answered(401, "who"), "refused", "ended"],
    [answered(403, "no"), "refused", "ended"],
    [answered(404, "none"), "stopped", "waiting"],
    [answered(409, "not running"), "stopped", "waiting"],
    [answered(400, "No serial consoles are present."), "no-device", "ended"],
    [answered(400, "No graphics devices are present."), "no-device", "ended"],
    [answered(422, "odd"), "refused", "ended"],
  ];
  for (const [event, word, at] of cases) {
    test(`${JSON.stringify(event)} → ${word}`, () => {
      const state = reduceConsole(asked, event);
      assert.equal(shown(state), word);
      assert.equal(state.link.at, at);
    });
  }

  test("the word does not flicker while it is tried again", () => {
    let state = reduceConsole(asked, NO_WEBSOCKET);
    for (const event of [DUE, FAILED, NO_WEBSOCKET, DUE, FAILED]) {
      state = reduceConsole(state, event);
      assert.equal(shown(state), "busy");
    }
  });
});

describe("waits", () => {
  test("grow to half a minute", () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, 1000].map(backOff),
      [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000],
    );
  });

  test("grow while sessions end as soon as they begin, and begin anew after a good one", () => {
    const waits = [];
    let state = run(machine("running"));
    for (const lasted of [10, 10, 10, 60_000, 10]) {
      state = reduceConsole(reduceConsole(state, OPENED), closed(1011, "", lasted));
      assert.equal(state.link.at, "waiting");
      if (state.link.at === "waiting") waits.push(state.link.wait);
      state = reduceConsole(state, DUE);
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 1000, 2000]);
  });

  test("end when the user, or the network, says so", () => {
    const state = run(machine("running"), OPENED, closed(1011));
    assert.deepEqual(reduceConsole(state, RECONNECT).link, { at: "connecting", tries: 0 });
    assert.deepEqual(reduceConsole(state, { type: "online" }).link, { at: "connecting", tries: 0 });
    const busy = run(machine("running"), FAILED, NO_WEBSOCKET);
    assert.equal(reduceConsole(busy, { type: "online" }), busy);
  });

  test("answers and waits that come too late change nothing", () => {
    const state = run(machine("running"), OPENED);
    for (const late of [DUE, RECONNECT, answered(403), OPENED]) {
      assert.equal(reduceConsole(state, late), state);
    }
  });
});

describe("what the VM says", () => {
  const vm = (printableStatus: string, devices = {}): VirtualMachine => ({
    metadata: { name: "a" },
    spec: { template: { spec: { domain: { devices } } } },
    status: { printableStatus },
  });
  const vmi = (phase: string, paused = "False", devices = {}): VirtualMachineInstance => ({
    metadata: { name: "a" },
    spec: { domain: { devices } },
    status: { phase, conditions: [{ type: "Paused", status: paused }] },
  });
  const cases: readonly [
    ReturnType<typeof vm> | undefined,
    ReturnType<typeof vmi> | undefined,
    Machine,
  ][] = [
    [undefined, undefined, "stopped"],
    [vm("Stopped"), undefined, "stopped"],
    [vm("Starting"), undefined, "starting"],
    [vm("Provisioning"), undefined, "starting"],
    [vm("Starting"), vmi("Scheduling"), "starting"],
    [vm("Running"), vmi("Running"), "running"],
    [undefined, vmi("Running"), "running"],
    [vm("Paused"), vmi("Running", "True"), "paused"],
    [vm("Stopped"), vmi("Succeeded"), "stopped"],
    [vm("Starting"), vmi("Failed"), "starting"],
    [vm("Running"), vmi("Unknown"), "unknown"],
  ];
  for (const [one, other, word] of cases) {
    test(`${one?.status?.printableStatus} and ${other?.status?.phase}: ${word}`, () => {
      assert.equal(judgeMachine("serial", one, other, true), word);
    });
  }

  test("not read: unknown", () => {
    assert.equal(judgeMachine("serial", undefined, undefined, false), "unknown");
  });

  test("a console that the spec leaves out is not there, whatever the state", () => {
    const serial = { autoattachSerialConsole: false };
    const graphics = { autoattachGraphicsDevice: false };
    assert.equal(judgeMachine("serial", vm("Stopped", serial), undefined, true), "no-device");
    assert.equal(judgeMachine("vnc", vm("Stopped", serial), undefined, true), "stopped");
    const running = vmi("Running", "False", graphics);
    assert.equal(judgeMachine("vnc", vm("Running"), running, true), "no-device");
    assert.equal(judgeMachine("serial", vm("Running"), running, true), "running");
  });
});
