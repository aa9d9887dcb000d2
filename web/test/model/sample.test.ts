import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chooseTop, drawLine, summarize } from "../../src/model/chart.ts";
import type { Metrics } from "../../src/model/kubevirt.ts";
import { addSample, MAX_SAMPLES, readSamples } from "../../src/model/sample.ts";

const START = Date.parse("2026-11-23T08:00:00Z");

function sample(seconds: number, change: Partial<Metrics> = {}, bytes = 0): Metrics {
  return {
    time: new Date(START + seconds * 1000).toISOString(),
    vcpus: 2,
    cpuSeconds: seconds,
    memory: { bytes: 1000, unusedBytes: 300, usableBytes: 400, residentBytes: 500 },
    disks: [
      { name: "a", readBytes: bytes, writtenBytes: 0, reads: 0, writes: 0 },
      { name: "b", readBytes: bytes, writtenBytes: 2 * bytes, reads: 0, writes: 0 },
    ],
    interfaces: [{ name: "n", receivedBytes: bytes, sentBytes: 0 }],
    viewers: { serial: 0, vnc: 0 },
    ...change,
  };
}

describe("rates", () => {
  test("come from two samples and the time between them", () => {
    const [first, second] = readSamples([sample(0), sample(3, {}, 300)]);
    assert.equal(first?.cpu, null);
    assert.deepEqual(second, {
      time: START + 3000,
      cpu: 0.5,
      memoryUsed: 600,
      memoryResident: 500,
      read: 200,
      written: 200,
      received: 100,
      sent: 0,
    });
  });

  test("are unknown over a gap, and over a restart", () => {
    assert.equal(readSamples([sample(0), sample(60, {}, 300)])[1]?.read, null);
    const restarted = readSamples([sample(100, {}, 900), sample(103, { cpuSeconds: 1 }, 5)])[1];
    assert.equal(restarted?.cpu, null);
    assert.equal(restarted?.read, null);
  });

  test("memory in use is not known before the guest tells", () => {
    const memory = { bytes: 1000, unusedBytes: null, usableBytes: null, residentBytes: 1 };
    assert.equal(readSamples([sample(0, { memory })])[0]?.memoryUsed, null);
    const older = { bytes: 1000, unusedBytes: 250, residentBytes: 1 };
    assert.equal(readSamples([sample(0, { memory: older })])[0]?.memoryUsed, 750);
  });
});

describe("the samples that are kept", () => {
  test("are those of ten minutes, however many come", () => {
    let kept: readonly Metrics[] = [];
    for (let each = 0; each < 500; each += 1) kept = addSample(kept, sample(each * 3));
    assert.equal(kept.length, MAX_SAMPLES);
    kept = addSample(kept, sample(500 * 3 + 590));
    assert.ok(kept.length < 10);
    for (let each = 0; each < 500; each += 1) kept = addSample(kept, sample(10_000 + each / 100));
    assert.equal(kept.length, MAX_SAMPLES);
  });

  test("are in order, each once", () => {
    const kept = addSample(addSample([], sample(3)), sample(3));
    assert.equal(kept.length, 1);
    assert.equal(addSample(kept, sample(0)), kept);
    assert.equal(addSample(kept, sample(9, { time: "soon" })), kept);
  });
});

describe("a chart", () => {
  const scale = { width: 100, height: 50, from: 0, to: 100_000, top: 10 };

  test("joins neighbours, and leaves gaps", () => {
    const points = [
      { time: 0, value: 0 },
      { time: 10_000, value: 5 },
      { time: 20_000, value: null },
      { time: 30_000, value: 20 },
      { time: 90_000, value: -1 },
    ];
    assert.equal(drawLine(points, scale), "M0 50h0.5L10 25M30 0h0.5M90 50h0.5");
    assert.equal(drawLine([{ time: -5, value: 1 }], scale), "");
  });

  test("has a round number at its top", () => {
    assert.equal(chooseTop([0.3, null, 12], 1, 10), 20);
    assert.equal(chooseTop([], 1, 10), 1);
    assert.equal(chooseTop([100], 1, 10), 100);
    assert.equal(chooseTop([3000], 1024, 2), 4096);
    assert.equal(chooseTop([null], 1024, 2), 1024);
  });

  test("is told in words from its last and highest value", () => {
    const points = [1, 5, 2, null].map((value, time) => ({ time, value }));
    assert.deepEqual(summarize(points), { last: 2, highest: 5 });
    assert.deepEqual(summarize([]), { last: null, highest: null });
  });
});
