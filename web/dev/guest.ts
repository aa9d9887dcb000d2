/** A guest in memory: a login and a small shell on its serial line, a picture on its screen. */

import { Screen } from "./rfb.ts";
import type { Guest } from "./stream.ts";

const BOOT = [
  "\x1b[H\x1b[2J[    0.000000] Linux version 6.12.1-virt (Alpine 14.2.0)",
  "[    0.000000] Command line: console=ttyS0",
  "[    0.412000] virtio_blk virtio2: [vda] 204800 512-byte logical blocks",
  " * Mounting root: ext4 ... [\x1b[32m ok \x1b[0m]",
  " * Starting networking ... [\x1b[32m ok \x1b[0m]",
  " * Starting sshd ... [\x1b[33m skipped \x1b[0m]",
  "",
  "Welcome to Alpine Linux 3.22",
  "Kernel 6.12.1-virt on an x86_64 (/dev/ttyS0)",
  "",
].join("\r\n");

const PROMPT = "\x1b[1;32mguest\x1b[0m:\x1b[1;34m~\x1b[0m# ";

/** What the shell can do: colours, floods, and what a hostile guest would send. */
const COMMANDS: Readonly<Record<string, (send: (text: string) => void) => void>> = {
  colors: (send) => {
    const row = (from: number) =>
      Array.from({ length: 8 }, (_, i) => `\x1b[${from + i}m ${from + i} \x1b[0m`).join("");
    send([30, 90, 40, 100].map(row).join("\r\n"));
    send("\r\n\x1b[38;2;255;100;0mtrue colour\x1b[0m \x1b[48;2;0;90;200mand behind\x1b[0m\r\n");
    send(
      "\x1b[1mbold\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4munderlined\x1b[0m \x1b[7minverse\x1b[0m\r\n",
    );
  },
  flood: (send) => {
    const line = `${"flood ".repeat(12)}\r\n`;
    for (let i = 0; i < 400; i += 1) send(line.repeat(200));
  },
  hostile: (send) => {
    send("\x1b]8;;https://evil.example/\x07a link\x1b]8;;\x07 \x1b]52;c;ZXZpbA==\x07");
    send("\x1b]0;evil title\x07\x1b]10;#ffffff\x07\x1b]11;#ffffff\x07\x1b]4;1;#ffffff\x07");
    send(
      "\x1b[c\x1b[>c\x1b[5n\x1b[6n\x1b[?6n\x1b[18t\x1b[21t\x1bP$qm\x1b\\\x1b]10;?\x07\x1b]4;1;?\x07",
    );
    send("\x1b[?1004h\x1b[?25$p\x1b[2147483647M\x1b[2147483647L\x1b[2147483647Tx\x1b[2147483647b");
    send("\r\n<img src=x onerror=alert(1)>\r\n");
  },
};

export class SerialLine implements Guest {
  #send: (text: string) => void = () => {};
  #line = "";
  #user = "";
  #stage: "login" | "password" | "shell" = "login";

  start(send: (bytes: Uint8Array) => void): void {
    this.#send = (text) => send(new TextEncoder().encode(text));
    this.#send(`${BOOT}\r\nguest login: `);
  }

  receive(bytes: Uint8Array): void {
    for (const each of new TextDecoder().decode(bytes)) this.#key(each);
  }

  stop(): void {
    this.#send = () => {};
  }

  #key(key: string): void {
    if (key === "\r") {
      this.#enter();
      return;
    }
    if (key === "\x7f") {
      if (this.#line !== "") this.#send("\b \b");
      this.#line = this.#line.slice(0, -1);
      return;
    }
    this.#line += key;
    const shown = key < " " ? `^${String.fromCharCode(key.charCodeAt(0) + 64)}` : key;
    if (this.#stage !== "password") this.#send(shown);
  }

  #enter(): void {
    const line = this.#line;
    this.#line = "";
    this.#send("\r\n");
    if (this.#stage === "shell") {
      this.#run(line.trim());
      this.#send(PROMPT);
    } else if (this.#stage === "password") {
      this.#stage = "shell";
      this.#send(`Welcome, ${this.#user}!\r\n${PROMPT}`);
    } else if (line === "") {
      this.#send("guest login: ");
    } else {
      this.#user = line;
      this.#stage = "password";
      this.#send("Password: ");
    }
  }

  #run(line: string): void {
    const command = Object.hasOwn(COMMANDS, line) ? COMMANDS[line] : undefined;
    if (command !== undefined) command(this.#send);
    else if (line !== "") this.#send(`sh: ${line}: not found\r\n`);
  }
}

/** What a path of a console leads to. */
export function makeGuest(path: string): Guest {
  return path.endsWith("/vnc") ? new Screen() : new SerialLine();
}
