/** What guests tell: their log, their use of the machine, their agent's answers. */
import { type Json, now } from "./store.ts";

const LOG_LINES = 400;
const LOG_EVERY = 2000;

const LINES = [
  "virtio_blk virtio2: [vda] 2097152 blocks",
  "EXT4-fs (vda): mounted",
  "udevd: \u001b[32mok\u001b[0m",
];
/** What a guest may write to do harm to who reads its log. */
const HOSTILE = [
  "<script>alert('log')</script>",
  "\u001b]0;a title\u0007\u001b[2Jafter a clear \u202etxt.exe",
];

/** The serial console's log; goes on when it is followed. `query` is that of pods/log. */
export function readLog(name: string, query: URLSearchParams, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  const began = Date.now() - (LOG_LINES / 50) * 1000;
  const stamp = (second: number) =>
    query.get("timestamps") === "true" ? `${new Date(began + second * 1000).toISOString()} ` : "";
  const line = (second: number, text: string) =>
    encoder.encode(`${stamp(second)}[${second.toFixed(6).padStart(12)}] ${text}\r\n`);
  const texts = name === "evil" ? [...LINES, ...HOSTILE] : LINES;
  const container = query.get("container") ?? "guest";
  const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    controller.enqueue(line(0, `Linux version 6.12.1-virt (${container} of ${name})`));
    for (let at = 1; at < LOG_LINES; at++) {
      controller.enqueue(line(at / 50, `${texts[at % texts.length]} (${at})`));
    }
    if (query.get("follow") !== "true") return controller.close();
    let second = LOG_LINES / 50;
    const timer = setInterval(() => {
      second += 2;
      controller.enqueue(line(second, `cron: tick, ünïcödé ✓ ${now()}`));
    }, LOG_EVERY);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      controller.error(signal.reason);
    });
  };
  return new Response(new ReadableStream({ start }));
}

/** One sample of the subresource metrics; counters grow with the time. */
export function readMetrics(vmi: Json): Json {
  const milliseconds = Date.now();
  const seconds = (milliseconds - Date.parse(vmi.metadata.creationTimestamp)) / 1000;
  const wave = 1 + Math.sin(seconds / 20);
  const bytes = 512 * 1024 ** 2;
  return {
    time: new Date(milliseconds).toISOString(),
    vcpus: vmi.spec.domain.cpu?.cores ?? 1,
    cpuSeconds: seconds * 0.3 - 4 * Math.cos(seconds / 20),
    memory: {
      bytes,
      unusedBytes: Math.round(bytes * (0.5 - 0.1 * wave)),
      usableBytes: Math.round(bytes * 0.6),
      residentBytes: Math.round(bytes * 0.7),
    },
    disks: (vmi.spec.volumes ?? []).map(({ name }: Json) => ({
      name,
      readBytes: Math.round(seconds * 40_000 + 400_000 * wave),
      writtenBytes: Math.round(seconds * 90_000 + 900_000 * wave),
      reads: Math.round(seconds * 12),
      writes: Math.round(seconds * 25),
    })),
    interfaces: (vmi.spec.networks ?? []).map(({ name }: Json) => ({
      name,
      receivedBytes: Math.round(seconds * 12_000 + 120_000 * wave),
      sentBytes: Math.round(seconds * 7000 + 50_000 * wave),
    })),
    viewers: { serial: 0, vnc: 1 },
  };
}

/** What the guest's agent answers; undefined for what nobody asks it. */
export function readGuest(verb: string): Json | undefined {
  const guest = { apiVersion: "subresources.kubevirt.io/v1" };
  const filesystem = {
    diskName: "vda",
    mountPoint: "/",
    fileSystemType: "ext4",
    usedBytes: 310_000_000,
    totalBytes: 1_073_741_824,
  };
  const user = { userName: "root", loginTime: Date.now() / 1000 - 600 };
  if (verb === "filesystemlist")
    return { ...guest, kind: "VirtualMachineInstanceFileSystemList", items: [filesystem] };
  if (verb === "userlist")
    return { ...guest, kind: "VirtualMachineInstanceGuestOSUserList", items: [user] };
  if (verb !== "guestosinfo") return undefined;
  return {
    ...guest,
    kind: "VirtualMachineInstanceGuestAgentInfo",
    guestAgentVersion: "10.0.2",
    hostname: "guest",
    timezone: "UTC, 0",
    os: { name: "Alpine Linux", prettyName: "Alpine Linux v3.22", kernelRelease: "6.12.1-virt" },
    userList: [user],
    fsInfo: { disks: [filesystem] },
  };
}
