/**
 * A feed of 10,000 rows does not grow, however much happens: through Rest, with the bytes that an
 * API server sends, with watches that end, break and are too old, pages that come and go.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { countFeeds, openFeed } from "../../src/data/feed.ts";
import type { LiveTable } from "../../src/data/live.ts";
import { VMS } from "../../src/data/resources.ts";
import { Rest, type Transport } from "../../src/data/rest.ts";
import { FakeClock, settle } from "./fake.ts";

const ROWS = 10_000;
const BATCH = 100;
const ROUNDS = 100;
/** To keep one object of each event would be 25 MB. */
const ALLOWED = 4 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function measure(): Promise<number> {
  await settle();
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

class Many implements Transport {
  version = 1;
  asked = 0;
  lists = 0;
  tooOld = false;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #encoder = new TextEncoder();

  async send(path: string): Promise<Response> {
    if (path.includes("watch=true")) {
      this.asked += 1;
      return new Response(new ReadableStream({ start: (stream) => this.#begin(stream) }));
    }
    this.lists += 1;
    const rows = Array.from({ length: ROWS }, (_, index) => makeRow(`vm-${index}`, this.version));
    return Response.json({ ...makeTable(rows), metadata: { resourceVersion: `${this.version}` } });
  }

  stream(): never {
    throw new Error("not used");
  }

  /** Changes of rows, and rows that come and go at once. */
  change(count: number): void {
    const lines: string[] = [];
    for (let index = 0; index < count; index++) {
      this.version += 1;
      const name = `vm-${(this.version * 7919) % ROWS}`;
      lines.push(makeLine("MODIFIED", name, this.version));
      const passing = `passing-${this.version}`;
      lines.push(makeLine("ADDED", passing, this.version));
      lines.push(makeLine("DELETED", passing, this.version));
    }
    this.#stream?.enqueue(this.#encoder.encode(lines.join("")));
  }

  end(): void {
    this.#stream?.close();
  }

  break(): void {
    this.#stream?.error(new TypeError("reset"));
  }

  #begin(stream: ReadableStreamDefaultController<Uint8Array>): void {
    this.#stream = stream;
    if (!this.tooOld) return;
    this.tooOld = false;
    const object = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
    stream.enqueue(this.#encoder.encode(`${JSON.stringify({ type: "ERROR", object })}\n`));
  }
}

function makeRow(name: string, version: number) {
  const managedFields = [{ manager: "kubectl", fieldsV1: { "f:spec": "x".repeat(500) } }];
  const labels = { app: "app", note: `${name} in ${version}` };
  const metadata = { name, namespace: "default", uid: name, resourceVersion: `${version}` };
  return {
    cells: [name, "5m", "Running", "True", "node-a", "10.0.0.1", 1, "128Mi", null, null],
    object: { kind: "PartialObjectMetadata", metadata: { ...metadata, labels, managedFields } },
  };
}

function makeTable(rows: readonly object[]) {
  return { kind: "Table", columnDefinitions: [{ name: "Name", type: "string" }], rows };
}

function makeLine(type: string, name: string, version: number): string {
  return `${JSON.stringify({ type, object: makeTable([makeRow(name, version)]) })}\n`;
}

test("10,000 rows, and 30,000 events on them, and no growth", { timeout: 60_000 }, async (t) => {
  const server = new Many();
  const api = new Rest(server);
  const clock = new FakeClock();
  const open = () => openFeed(api, "table", VMS, {}, clock);
  let told = 0;
  const tell = () => {
    told += 1;
  };
  let stay: (() => void) | undefined = open().subscribe(tell);
  const draw = async () => {
    await settle();
    await clock.draw();
  };
  const round = async (number: number) => {
    server.change(BATCH);
    await draw();
    const visitor = open().subscribe(tell);
    visitor();
    await clock.pass(1000);
    if (number % 5 === 1) server.end();
    if (number % 20 === 2) server.break();
    if (number % 50 === 3) {
      server.tooOld = true;
      server.end();
    }
    await clock.pass(30_000);
    await draw();
  };
  for (let number = 0; number < 10; number++) await round(number);
  const before = await measure();
  for (let number = 0; number < ROUNDS; number++) await round(number);
  const grown = (await measure()) - before;

  const read = () => open().read() as LiveTable;
  assert.equal(read().state, "live");
  assert.equal(read().rows.length, ROWS);
  assert.ok(told >= ROUNDS, `the page was told ${told} times`);
  assert.ok(server.asked > 20 && server.lists > 2, "watches ended, and versions were too old");
  t.diagnostic(`grown by ${Math.round(grown / 1024)} KiB, at ${Math.round(before / 1024)} KiB`);
  assert.ok(grown < ALLOWED, `the heap has grown by ${Math.round(grown / 1024)} KiB`);

  stay();
  stay = undefined;
  await clock.pass(30_000);
  assert.equal(countFeeds(api), 0);
  assert.deepEqual(clock.held, { timers: 0, wakes: 0, frames: 0 });
  const freed = before - (await measure());
  assert.ok(freed > ROWS * 200, `only ${Math.round(freed / 1024)} KiB were given back`);
});
