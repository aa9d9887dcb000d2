/** The screen of a guest: noVNC, and what a keyboard and a screen reader need of it. */
import RFB from "@novnc/novnc";
import {
  type Key,
  MODIFIERS,
  type Modifier,
  type Stroke,
  typeText,
} from "../../../model/keyboard.ts";
import type { Channel } from "./channel.ts";

/** fit: as large as the window allows; same: a pixel is a pixel; match: the guest adapts. */
export type Scaling = "fit" | "same" | "match";

export interface ScreenEvents {
  readonly onReady: () => void;
  /** The guest's clipboard has a text. */
  readonly onClipboard: (text: string) => void;
}

export interface ScreenOptions {
  readonly label: string;
  /** Id of the text that tells how to get out. */
  readonly describedBy: string;
  readonly scaling: Scaling;
  readonly viewOnly: boolean;
}

/** A guest may send as much as it likes. */
const MOST_CLIPBOARD = 1024 * 1024;
/** Between two strokes: an emulated PS/2 keyboard forgets what comes faster than it is read. */
const STROKE_MS = 15;

export class GuestScreen {
  readonly #rfb: RFB;
  readonly #canvas: HTMLCanvasElement;
  readonly #held = new Set<Modifier>();
  #over = false;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, channel: Channel, options: ScreenOptions, events: ScreenEvents) {
    this.#rfb = new RFB(host, channel, { shared: true });
    this.#rfb.background = "transparent";
    this.#canvas = host.querySelector("canvas") as HTMLCanvasElement;
    this.#describe(options);
    this.setScaling(options.scaling);
    this.#rfb.viewOnly = options.viewOnly;
    this.#rfb.addEventListener("connect", events.onReady);
    this.#rfb.addEventListener("clipboard", (event) => {
      const { text } = (event as CustomEvent<{ text: string }>).detail;
      events.onClipboard(text.slice(0, MOST_CLIPBOARD));
    });
    this.#rfb.addEventListener("disconnect", () => {
      this.#over = true;
    });
    // Our consoles ask for no password: whoever asks is no console of ours.
    this.#rfb.addEventListener("credentialsrequired", () => channel.close());
    this.#canvas.addEventListener("blur", () => this.#releaseKeys());
  }

  setScaling(scaling: Scaling): void {
    // Where the guest cannot adapt, it is fitted.
    this.#rfb.scaleViewport = scaling !== "same";
    this.#rfb.resizeSession = scaling === "match";
  }

  setViewOnly(viewOnly: boolean): void {
    if (viewOnly) this.releaseModifiers();
    this.#rfb.viewOnly = viewOnly;
  }

  focus(): void {
    this.#canvas.focus({ preventScroll: true });
  }

  press({ held, ...key }: Stroke): void {
    for (const each of held) this.#send(each, true);
    this.#send(key, true);
    this.#send(key, false);
    for (const each of held.toReversed()) this.#send(each, false);
  }

  /** Holds a key down until it is let go. */
  hold(modifier: Modifier, down: boolean): void {
    if (down) this.#held.add(modifier);
    else this.#held.delete(modifier);
    this.#send(MODIFIERS[modifier], down);
  }

  releaseModifiers(): void {
    for (const each of [...this.#held]) this.hold(each, false);
  }

  /** Types a text as on a US keyboard; calls `done` when it has been typed, or another one is. */
  type(text: string, done: () => void): void {
    clearTimeout(this.#typing);
    const strokes = typeText(text);
    const next = (at: number) => {
      const stroke = strokes[at];
      if (stroke === undefined) return done();
      this.press(stroke);
      this.#typing = setTimeout(() => next(at + 1), STROKE_MS);
    };
    next(0);
  }

  /** Puts a text into the guest's clipboard, if the guest has an agent that takes it. */
  sendClipboard(text: string): void {
    this.#rfb.clipboardPasteFrom(text);
  }

  /** What is to be seen, as PNG; null when nothing is. */
  picture(): Promise<Blob | null> {
    return new Promise((resolve) => this.#rfb.toBlob(resolve, "image/png"));
  }

  dispose(): void {
    clearTimeout(this.#typing);
    this.releaseModifiers();
    if (!this.#over) this.#rfb.disconnect();
  }

  #describe({ label, describedBy }: ScreenOptions): void {
    const canvas = this.#canvas;
    canvas.tabIndex = 0;
    // Keys go to the guest: a screen reader must not keep them.
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", label);
    canvas.setAttribute("aria-describedby", describedBy);
  }

  #send({ keysym, code }: Key, down: boolean): void {
    this.#rfb.sendKey(keysym, code, down);
  }

  /**
   * When the focus goes while keys are down, the guest would never hear of their end: noVNC looks
   * at releases on its canvas alone. It forgets what is down when its keyboard is switched off.
   */
  #releaseKeys(): void {
    if (this.#rfb.viewOnly) return;
    for (const [name, key] of Object.entries(MODIFIERS)) {
      if (!this.#held.has(name as Modifier)) this.#send(key, false);
    }
    this.#rfb.viewOnly = true;
    this.#rfb.viewOnly = false;
  }
}
