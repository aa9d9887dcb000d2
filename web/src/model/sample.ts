/** Rates from counters: what the charts of a VM show. Pure. */
import type { Metrics } from "./kubevirt.ts";

export const SAMPLE_SECONDS = 3;
export const WINDOW_SECONDS = 600;
export const MAX_SAMPLES = WINDOW_SECONDS / SAMPLE_SECONDS + 1;
/** Of two samples further apart nothing is known in between. */
const MAX_STEP_SECONDS = 15;

/** One moment between two samples; null is not known. */
export interface Reading {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** CPU time in use, as a share of all vCPUs; more than 1 is emulation's and I/O's. */
  readonly cpu: number | null;
  /** Bytes that the guest uses, as its balloon driver tells. */
  readonly memoryUsed: number | null;
  /** Bytes of the node's memory. */
  readonly memoryResident: number;
  /** Bytes a second, of all disks or interfaces together. */
  readonly read: number | null;
  readonly written: number | null;
  readonly received: number | null;
  readonly sent: number | null;
}

/** Adds a sample in its order; forgets those that are older than the window. */
export function addSample(samples: readonly Metrics[], next: Metrics): readonly Metrics[] {
  const time = Date.parse(next.time);
  const last = samples.at(-1);
  if (Number.isNaN(time) || (last !== undefined && Date.parse(last.time) >= time)) return samples;
  const oldest = time - WINDOW_SECONDS * 1000;
  return [...samples, next].filter((each) => Date.parse(each.time) >= oldest).slice(-MAX_SAMPLES);
}

/** One reading for each sample; the first has no rates, as there is nothing before it. */
export function readSamples(samples: readonly Metrics[]): Reading[] {
  return samples.map((each, index) => readSample(samples[index - 1], each));
}

function readSample(before: Metrics | undefined, now: Metrics): Reading {
  const time = Date.parse(now.time);
  const seconds = before === undefined ? 0 : (time - Date.parse(before.time)) / 1000;
  const known = before !== undefined && seconds > 0 && seconds <= MAX_STEP_SECONDS;
  const rate = (count: (metrics: Metrics) => number): number | null => {
    if (!known) return null;
    const grown = count(now) - count(before);
    // counters that shrink are another qemu's
    return grown < 0 ? null : grown / seconds;
  };
  const used = rate((each) => each.cpuSeconds);
  return {
    time,
    cpu: used === null || now.vcpus <= 0 ? null : used / now.vcpus,
    memoryUsed: readUsed(now.memory),
    memoryResident: now.memory.residentBytes,
    read: rate((each) => sum(each.disks, (disk) => disk.readBytes)),
    written: rate((each) => sum(each.disks, (disk) => disk.writtenBytes)),
    received: rate((each) => sum(each.interfaces, (nic) => nic.receivedBytes)),
    sent: rate((each) => sum(each.interfaces, (nic) => nic.sentBytes)),
  };
}

/** Without what programs could have at once: a cache is not in use. */
function readUsed(memory: Metrics["memory"]): number | null {
  const free = memory.usableBytes ?? memory.unusedBytes;
  return free === null ? null : Math.max(0, memory.bytes - free);
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, each) => total + count(each), 0);
}
