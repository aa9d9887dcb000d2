/**
 * A screen in memory that speaks RFB 3.8 (RFC 6143): raw rectangles of a picture to which keys add
 * letters, a clipboard that comes back in capitals, and a size that a client may set.
 */
import type { Guest } from "./stream.ts";

const RAW = 0;
const EXTENDED_DESKTOP_SIZE = -308;
const SCREEN_ID = 1;
/** Bytes of a client's messages by their type; SetEncodings, CutText and SetDesktopSize add some. */
const SIZES: Readonly<Record<number, number>> = { 0: 20, 2: 4, 3: 10, 4: 8, 5: 6, 6: 8, 251: 8 };

export class Screen implements Guest {
  #send: (bytes: Uint8Array) => void = () => {};
  #held: number[] = [];
  #stage: "version" | "security" | "init" | "normal" = "version";
  #width = 720;
  #height = 400;
  #text = "";
  /** A client that asked for what changed waits until something has. */
  #asked = false;
  #dirty = true;
  #resizable = false;
  #answer: number | null = null;

  start(send: (bytes: Uint8Array) => void): void {
    this.#send = send;
    this.#send(ascii("RFB 003.008\n"));
  }

  receive(bytes: Uint8Array): void {
    this.#held.push(...bytes);
    while (this.#step());
  }

  stop(): void {
    this.#send = () => {};
  }

  #take(count: number): DataView | null {
    if (this.#held.length < count) return null;
    return new DataView(Uint8Array.from(this.#held.splice(0, count)).buffer);
  }

  #step(): boolean {
    switch (this.#stage) {
      case "version":
        return this.#handshake(12, "security", () => Uint8Array.of(1, 1));
      case "security":
        return this.#handshake(1, "init", () => Uint8Array.of(0, 0, 0, 0));
      case "init":
        return this.#handshake(1, "normal", () => this.#describe());
      case "normal":
        return this.#message();
    }
  }

  #handshake(
    count: number,
    next: "security" | "init" | "normal",
    answer: () => Uint8Array,
  ): boolean {
    if (this.#take(count) === null) return false;
    this.#stage = next;
    this.#send(answer());
    return true;
  }

  #describe(): Uint8Array {
    const name = ascii("guest");
    const head = new DataView(new ArrayBuffer(24));
    head.setUint16(0, this.#width);
    head.setUint16(2, this.#height);
    // 32 bits a pixel, 24 of them colours, little endian: red, green, blue, nothing
    const format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16];
    for (const [at, value] of format.entries()) head.setUint8(4 + at, value);
    head.setUint32(20, name.length);
    return join(new Uint8Array(head.buffer), name);
  }

  #message(): boolean {
    const [type = -1] = this.#held;
    const size = SIZES[type];
    if (size === undefined || this.#held.length < size) return false;
    const extra = this.#extra(type);
    const view = this.#take(size + extra);
    if (view === null) return false;
    this.#act(type, view);
    this.#update();
    return true;
  }

  #extra(type: number): number {
    const at = (index: number) => this.#held[index] ?? 0;
    if (type === 2) return 4 * (at(2) * 256 + at(3));
    if (type === 6) return at(4) * 2 ** 24 + at(5) * 2 ** 16 + at(6) * 256 + at(7);
    return type === 251 ? 16 * at(6) : 0;
  }

  #act(type: number, view: DataView): void {
    if (type === 2) {
      for (let at = 4; at < view.byteLength; at += 4) {
        if (view.getInt32(at) === EXTENDED_DESKTOP_SIZE) this.#resizable = true;
      }
      this.#answer ??= this.#resizable ? 0 : null;
    } else if (type === 3) {
      this.#asked = true;
      if (view.getUint8(1) === 0) this.#dirty = true;
    } else if (type === 4 && view.getUint8(1) === 1) {
      this.#press(view.getUint32(4));
    } else if (type === 6) {
      this.#echo(new Uint8Array(view.buffer, 8));
    } else if (type === 251) {
      this.#width = view.getUint16(2);
      this.#height = view.getUint16(4);
      this.#answer = 1;
    }
  }

  #press(keysym: number): void {
    if (keysym === 0xff0d) this.#text += "\n";
    else if (keysym === 0xff08) this.#text = this.#text.slice(0, -1);
    else if (keysym < 0x100) this.#text += String.fromCharCode(keysym);
    else this.#text += `<${keysym.toString(16)}>`;
    this.#dirty = true;
  }

  #echo(text: Uint8Array): void {
    const upper = ascii(new TextDecoder("latin1").decode(text).toUpperCase());
    const head = new DataView(new ArrayBuffer(8));
    head.setUint8(0, 3);
    head.setUint32(4, upper.length);
    this.#send(join(new Uint8Array(head.buffer), upper));
  }

  #update(): void {
    if (!this.#asked || !(this.#dirty || this.#answer !== null)) return;
    this.#asked = false;
    if (this.#answer !== null) {
      this.#send(this.#tellSize(this.#answer));
      this.#answer = null;
      this.#dirty = true;
      return;
    }
    this.#dirty = false;
    this.#send(join(this.#head(RAW, 0), this.#draw()));
  }

  /** Head of an update of one rectangle: all of the screen, or news of its size. */
  #head(encoding: number, why: number): Uint8Array {
    const head = new DataView(new ArrayBuffer(16));
    head.setUint16(2, 1);
    head.setUint16(4, why);
    head.setUint16(8, this.#width);
    head.setUint16(10, this.#height);
    head.setInt32(12, encoding);
    return new Uint8Array(head.buffer);
  }

  #tellSize(why: number): Uint8Array {
    const body = new DataView(new ArrayBuffer(20));
    body.setUint8(0, 1);
    body.setUint32(4, SCREEN_ID);
    body.setUint16(12, this.#width);
    body.setUint16(14, this.#height);
    return join(this.#head(EXTENDED_DESKTOP_SIZE, why), new Uint8Array(body.buffer));
  }

  #draw(): Uint8Array {
    const canvas = new OffscreenCanvas(this.#width, this.#height);
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("no canvas to draw on");
    context.fillStyle = "#001a33";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.direction = "ltr";
    context.font = "16px monospace";
    for (const [at, colour] of ["#f00", "#0f0", "#00f", "#ff0", "#0ff", "#f0f"].entries()) {
      context.fillStyle = colour;
      context.fillRect(at * 40, canvas.height - 30, 40, 30);
    }
    context.fillStyle = "#ddd";
    const lines = [
      "Welcome to Alpine Linux 3.22",
      "",
      ...`guest login: ${this.#text}_`.split("\n"),
    ];
    for (const [at, line] of lines.entries()) context.fillText(line, 12, 30 + at * 22);
    return new Uint8Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  }
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (each) => each.charCodeAt(0) & 0xff);
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
