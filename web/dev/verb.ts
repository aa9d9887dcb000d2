/** What the world does to its VMs: a controller with timers in place of nodes, and the verbs. */

import { readGuest, readLog, readMetrics } from "./guest-info.ts";
import { buildEvent, buildPod, buildStatus, buildVmi, EVENT, POD, VM, VMI } from "./machine.ts";
import { drawPicture } from "./picture.ts";
import { Refused } from "./refusal.ts";
import { type Json, now, type Store } from "./store.ts";

interface Place {
  readonly kind: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

const STEP = 1500;
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

export class Verbs {
  readonly #store: Store;
  readonly #nodes: readonly string[];
  #address = 100;

  constructor(store: Store, nodes: readonly string[]) {
    this.#store = store;
    this.#nodes = nodes;
  }

  /** Writes an object, and sets going what follows from it. */
  put(kind: string, object: Json): Json {
    const held = this.#store.find(kind, object.metadata.namespace, object.metadata.name);
    const edited = held !== undefined && JSON.stringify(held.spec) !== JSON.stringify(object.spec);
    const generation = (held?.metadata.generation ?? 0) + (edited || held === undefined ? 1 : 0);
    const metadata = { ...object.metadata, generation };
    const written = this.#store.put(kind, { ...object, metadata });
    if (kind !== VM || (held !== undefined && !edited)) return written;
    if (held === undefined) {
      const status = buildStatus(written, "Stopped", "the VM is about to start");
      this.#store.put(VM, { ...written, status });
    } else if (this.#isRunning(written) && edited) this.#noteEdit(held, written);
    this.#drive(written);
    return this.#store.find(VM, metadata.namespace, metadata.name);
  }

  /** Refuses what the API server's schema and virtpod's webhook would refuse. */
  validate(kind: string, object: Json): void {
    const causes: Json[] = [];
    const { name } = object.metadata;
    const refuse = (field: string, message: string) =>
      causes.push({ reason: "FieldValueInvalid", field, message });
    if (!NAME.test(name)) refuse("metadata.name", `${JSON.stringify(name)} is no DNS name`);
    if (kind === VM) {
      const spec = object.spec?.template?.spec;
      if (spec?.domain === undefined) refuse("spec.template.spec.domain", "Required value");
      const cores = spec?.domain?.cpu?.cores;
      if (cores !== undefined && !(cores >= 1 && cores <= 710)) {
        refuse("spec.template.spec.domain.cpu.cores", "has to be 1 to 710");
      }
    }
    if (causes.length === 0) return;
    const text = causes.map(({ field, message }) => `${field}: ${message}`).join("; ");
    throw new Refused(422, `${object.kind ?? "object"} "${name}" is invalid: ${text}`, causes);
  }

  remove(place: Place, held: Json): void {
    const { kind, namespace, name = "" } = place;
    if (held.metadata.finalizers?.length > 0) {
      // whoever wrote them has to take them away
      const metadata = { ...held.metadata, deletionTimestamp: now() };
      this.#store.put(kind, { ...held, metadata });
      return;
    }
    if (kind === VM && this.#isRunning(held)) {
      const metadata = { ...held.metadata, deletionTimestamp: now() };
      const dying = this.#store.put(kind, { ...held, metadata });
      this.#say(dying, "Terminating", "the VM is being deleted: its guest powers off");
      this.#later(() => {
        this.#dropInstance(namespace, name);
        this.#store.remove(kind, namespace, name);
      });
      return;
    }
    this.#store.remove(kind, namespace, name);
    if (kind !== VMI) return;
    this.#store.remove(POD, namespace, name);
    const vm = this.#store.find(VM, namespace, name);
    if (vm !== undefined) this.#drive(vm);
  }

  async run(method: string, place: Place, body: Json): Promise<Response> {
    const { plural, namespace, name = "", subresource = "" } = place;
    const kind = `kubevirt.io/${plural}`;
    if (subresource === "" || !this.#store.serves(kind)) throw new Refused(404, "no such path");
    const found = this.#store.find(kind, namespace, name);
    if (found === undefined) throw new Refused(404, `${plural} "${name}" not found`);
    if (method === "GET") return this.#read(subresource, found);
    if (plural === "virtualmachines") this.#power(subresource, found, body);
    else this.#pause(subresource, found);
    return new Response(null, { status: plural === "virtualmachines" ? 202 : 200 });
  }

  readLog(place: Place, query: URLSearchParams, signal: AbortSignal): Response {
    const { namespace, name = "" } = place;
    if (this.#store.find(POD, namespace, name) === undefined) {
      throw new Refused(404, `pods "${name}" not found`);
    }
    return readLog(name, query, signal);
  }

  async #read(verb: string, found: Json): Promise<Response> {
    if (verb === "expand-spec") return Response.json(found);
    if (found.status?.phase !== "Running") throw new Refused(409, "VMI is not running");
    if (verb === "metrics") return Response.json(readMetrics(found));
    if (verb === "vnc/screenshot") return new Response(await drawPicture(found.metadata.name));
    if (["console", "vnc"].includes(verb)) throw new Refused(400, "this needs a websocket");
    const told = readGuest(verb);
    if (told === undefined) throw new Refused(501, `no ${verb} yet`);
    return Response.json(told);
  }

  #power(verb: string, vm: Json, body: Json): void {
    const running = this.#isRunning(vm);
    const turn = (runStrategy: string) =>
      this.put(VM, { ...vm, spec: { ...vm.spec, runStrategy } });
    if (verb === "migrate") throw new Refused(409, "live migration is not built yet");
    if (verb === "start") {
      if (running) throw new Refused(409, "VM is already running");
      if (vm.spec.runStrategy === "Halted") turn("Always");
      else this.#start(vm, body.paused === true);
    } else if (verb === "stop") {
      if (!running) throw new Refused(409, "VM is not running");
      if (vm.spec.runStrategy === "Always") turn("Halted");
      else this.#stop(vm, false);
    } else if (verb === "restart") {
      if (!running) throw new Refused(409, "VM is not running");
      this.#stop(vm, true);
    } else throw new Refused(501, `no ${verb} yet`);
  }

  #pause(verb: string, vmi: Json): void {
    const paused = hasPaused(vmi);
    const vm = this.#store.find(VM, vmi.metadata.namespace, vmi.metadata.name);
    if (vmi.status?.phase !== "Running") throw new Refused(409, "VMI is not running");
    if (verb === "pause") {
      if (paused) throw new Refused(409, "VMI is already paused");
      const condition = { type: "Paused", status: "True", reason: "PausedByUser", message: "" };
      this.#condition(vmi, condition);
      const text = `the guest is paused; let it go on with: kubectl virt unpause ${vmi.metadata.name}`;
      if (vm) this.#say(vm, "Paused", text, vmi);
    } else if (verb === "unpause") {
      if (!paused) throw new Refused(409, "VMI is not paused");
      this.#condition(vmi, { type: "Paused", status: "False" });
      if (vm) this.#say(vm, "Running", "", vmi);
    } else if (!["reset", "softreboot", "freeze", "unfreeze"].includes(verb)) {
      throw new Refused(501, `no ${verb} yet`);
    }
  }

  #condition(vmi: Json, condition: Json): void {
    const others = vmi.status.conditions.filter((each: Json) => each.type !== condition.type);
    const kept = condition.status === "True" ? [...others, condition] : others;
    this.#store.put(VMI, { ...vmi, status: { ...vmi.status, conditions: kept } });
  }

  #isRunning(vm: Json): boolean {
    return this.#store.find(VMI, vm.metadata.namespace, vm.metadata.name) !== undefined;
  }

  #drive(vm: Json): void {
    const strategy = vm.spec.runStrategy ?? (vm.spec.running === false ? "Halted" : "Always");
    if (strategy === "Halted" && this.#isRunning(vm)) this.#stop(vm, false);
    if (["Always", "Once", "RerunOnFailure"].includes(strategy) && !this.#isRunning(vm)) {
      this.#start(vm, false);
    }
  }

  #start(vm: Json, paused: boolean): void {
    this.#address += 1;
    const node = this.#nodes[this.#address % this.#nodes.length] as string;
    const vmi = buildVmi(vm, node, `10.244.1.${this.#address % 250}`);
    const starting = { ...vmi, status: { phase: "Scheduling", conditions: [] } };
    this.#store.put(VMI, starting);
    this.#say(vm, "Starting", "the VM is about to start");
    this.#later(() => {
      if (!this.#isRunning(vm)) return;
      const running = this.#store.put(VMI, vmi);
      this.#store.put(POD, buildPod(running));
      this.#say(vm, "Running", "", running);
      this.#store.put(EVENT, buildEvent(running, "Normal", "Started", "the guest was started"));
      if (paused) this.#pause("pause", running);
    });
  }

  #stop(vm: Json, again: boolean): void {
    const { namespace, name } = vm.metadata;
    this.#say(vm, "Stopping", "the guest was told to power off");
    this.#later(() => {
      this.#dropInstance(namespace, name);
      const current = this.#store.find(VM, namespace, name);
      if (current === undefined) return;
      const text = `runStrategy is ${vm.spec.runStrategy}; start the VM with: kubectl virt start ${name}`;
      this.#say(current, "Stopped", text);
      const event = buildEvent(current, "Normal", "GuestShutdown", "the guest powered off");
      this.#store.put(EVENT, event);
      if (again) this.#start(current, false);
    });
  }

  #dropInstance(namespace: string | undefined, name: string): void {
    this.#store.remove(VMI, namespace, name);
    this.#store.remove(POD, namespace, name);
  }

  #noteEdit(held: Json, vm: Json): void {
    const same = JSON.stringify(held.spec.template) === JSON.stringify(vm.spec.template);
    if (same) return;
    const condition = {
      type: "RestartRequired",
      status: "True",
      message: "takes effect when the VM is restarted: spec.template.spec.domain",
      lastTransitionTime: now(),
    };
    const conditions = [...(vm.status?.conditions ?? []), condition];
    this.#store.put(VM, { ...vm, status: { ...vm.status, conditions } });
  }

  #say(vm: Json, word: string, sentence: string, vmi?: Json): void {
    const { namespace, name } = vm.metadata;
    const current = this.#store.find(VM, namespace, name) ?? vm;
    this.#store.put(VM, { ...current, status: buildStatus(current, word, sentence, vmi) });
  }

  #later(call: () => void): void {
    setTimeout(call, STEP);
  }
}

function hasPaused(vmi: Json): boolean {
  const conditions: Json[] = vmi.status?.conditions ?? [];
  return conditions.some((each) => each.type === "Paused" && each.status === "True");
}
