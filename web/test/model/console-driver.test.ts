import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { type Api, ApiError, type Stream } from "../../src/data/api.ts";
import type { Channel } from "../../src/page/vm/console/channel.ts";
import { ConsoleDriver, type ConsoleView } from "../../src/page/vm/console/driver.ts";

const PATH = "/apis/subresources.kubevirt.io/v1/namespaces/a/virtualmachineinstances/b/console";

/** A websocket that does what a test says. */
class FakeStream implements Stream {
  binaryType: BinaryType = "blob";
  readonly protocol = "";
  readyState = 0;
  onopen: Stream["onopen"] = null;
  onmessage: Stream["onmessage"] = null;
  onerror: Stream["onerror"] = null;
  onclose: Stream["onclose"] = null;
  readonly sent: unknown[] = [];

  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    if (this.readyState !== 3) this.end(1005);
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }
  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason } as CloseEvent);
  }
}

class World {
  readonly streams: FakeStream[] = [];
  readonly asked: string[] = [];
  readonly views: ConsoleView[] = [];
  answer: ApiError = new ApiError(400, "this is a websocket: send an upgrade");
  channel: Channel | undefined;
  detached = 0;
  readonly driver: ConsoleDriver;

  constructor(ready = true) {
    const api: Pick<Api, "stream" | "call"> = {
      stream: (path, protocols) => {
        assert.equal(path, PATH);
        assert.deepEqual(protocols, ["plain.kubevirt.io"]);
        const stream = new FakeStream();
        this.streams.push(stream);
        return stream;
      },
      call: async ({ path }) => {
        this.asked.push(path);
        throw this.answer;
      },
    };
    this.driver = new ConsoleDriver(api, PATH, (channel, shown) => {
      this.channel = channel;
      if (ready) channel.onopen = shown;
      return () => {
        this.detached += 1;
      };
    });
    this.driver.subscribe(() => this.views.push(this.driver.read()));
    this.driver.dispatch({ type: "machine", machine: "running" });
  }

  get state(): string {
    return this.driver.read().state;
  }
  get last(): FakeStream {
    const stream = this.streams.at(-1);
    assert.ok(stream);
    return stream;
  }
}

/** Lets promises that are settled go on. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("the driver of a console", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
  afterEach(() => mock.timers.reset());

  test("connects, shows, and ends what it showed", () => {
    const world = new World();
    assert.equal(world.state, "connecting");
    world.last.open();
    assert.equal(world.state, "running");
    world.driver.stop();
    assert.equal(world.detached, 1);
    assert.equal(world.last.readyState, 3);
    assert.equal(world.streams.length, 1);
  });

  test("connects again after a loss, by itself and after a wait", () => {
    const world = new World();
    world.last.open();
    world.last.end(1011, "the node was lost");
    assert.equal(world.state, "lost");
    assert.equal(world.driver.read().reason, "the node was lost");
    assert.ok((world.driver.read().until ?? 0) > Date.now());
    assert.equal(world.detached, 1);
    mock.timers.tick(700);
    assert.equal(world.streams.length, 1);
    mock.timers.tick(600);
    assert.equal(world.streams.length, 2);
    world.last.open();
    assert.equal(world.state, "running");
    assert.equal(world.driver.read().until, null);
  });

  test("connects at once when the user says so, and only once", () => {
    const world = new World();
    world.last.open();
    world.last.end(1011);
    world.driver.dispatch({ type: "reconnect" });
    assert.equal(world.streams.length, 2);
    mock.timers.tick(60_000 - 30_001);
    assert.equal(world.streams.length, 2);
  });

  test("asks why a websocket was refused", async () => {
    const world = new World();
    world.answer = new ApiError(403, "no");
    world.last.end(1006);
    await settle();
    assert.deepEqual(world.asked, [PATH]);
    assert.equal(world.state, "refused");
    mock.timers.tick(60_000);
    assert.equal(world.streams.length, 1);
  });

  test("an answer that comes after the VM stopped means nothing", async () => {
    const world = new World();
    world.last.end(1006);
    world.driver.dispatch({ type: "machine", machine: "stopped" });
    await settle();
    assert.equal(world.state, "stopped");
  });

  test("a session that shows nothing is given up", () => {
    const world = new World(false);
    world.last.open();
    assert.equal(world.state, "connecting");
    mock.timers.tick(30_000);
    assert.equal(world.last.readyState, 3);
    assert.equal(world.state, "lost");
  });

  test("the VM stops while it is connected to", () => {
    const world = new World();
    const [first] = world.streams;
    world.driver.dispatch({ type: "machine", machine: "stopped" });
    assert.equal(world.state, "stopped");
    assert.equal(first?.readyState, 3);
    world.driver.dispatch({ type: "machine", machine: "running" });
    assert.equal(world.streams.length, 2);
  });

  test("tells a change once, and nothing after its end", () => {
    const world = new World();
    world.last.open();
    world.driver.dispatch({ type: "machine", machine: "running" });
    assert.deepEqual(
      world.views.map(({ state }) => state),
      ["connecting", "running"],
    );
    world.driver.stop();
    world.last.end(1000);
    assert.equal(world.views.length, 2);
  });

  test("what is typed goes to an open session only", () => {
    const world = new World();
    const channel = world.channel;
    channel?.send(new Uint8Array([1]));
    world.last.open();
    channel?.send(new Uint8Array([2]));
    world.last.end(1011);
    channel?.send(new Uint8Array([3]));
    assert.deepEqual(world.streams[0]?.sent, [new Uint8Array([2])]);
  });
});
