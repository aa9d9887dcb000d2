/** Takes pictures of screens, for the tiles that are on the screen; model/screenshot.ts says when. */
import { type Api, ApiError } from "../../data/api.ts";
import { planShots } from "../../model/screenshot.ts";

/** What a screen showed. */
export interface Picture {
  /** To be drawn at once: it is closed when the next one comes, or the tile leaves. */
  readonly bitmap: ImageBitmap;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** What is known of a guest's screen. */
export interface Screen {
  /** The last picture; it stays when a later one fails. */
  readonly picture: Picture | null;
  /** When that was taken. */
  readonly time: Date | null;
  /** Why the last try failed; null when it did not. */
  readonly error: Error | null;
}

export interface Sitter {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly show: (screen: Screen) => void;
}

interface Seat {
  readonly sitter: Sitter;
  readonly controller: AbortController;
  screen: Screen;
  last: number | null;
  busy: boolean;
}

/** Pixels; a screen is made this small before it is kept. */
const WIDTH = 480;

/** One for a list of tiles: begins when the first tile enrols, stops while nobody looks. */
export class Photographer {
  readonly #api: Api;
  readonly #seats = new Map<string, Seat>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api) {
    this.#api = api;
  }

  /** The tile came onto the screen; call what it returns when it leaves. */
  enrol(sitter: Sitter): () => void {
    const screen = { picture: null, time: null, error: null };
    const controller = new AbortController();
    const seat: Seat = { sitter, controller, screen, last: null, busy: false };
    if (this.#seats.size === 0) document.addEventListener("visibilitychange", this.#look);
    this.#seats.set(sitter.key, seat);
    this.#look();
    return () => this.#leave(seat);
  }

  #leave(seat: Seat): void {
    seat.controller.abort();
    seat.screen.picture?.bitmap.close();
    if (this.#seats.get(seat.sitter.key) === seat) this.#seats.delete(seat.sitter.key);
    if (this.#seats.size === 0) document.removeEventListener("visibilitychange", this.#look);
    this.#look();
  }

  readonly #look = (): void => {
    clearTimeout(this.#timer);
    if (document.hidden) return;
    const now = performance.now();
    const shots = [...this.#seats].map(([key, { last, busy }]) => ({ key, last, busy }));
    const { begin, wakeAt } = planShots(shots, now);
    for (const key of begin) {
      const seat = this.#seats.get(key);
      if (seat !== undefined) void this.#take(seat);
    }
    if (wakeAt !== null) this.#timer = setTimeout(this.#look, Math.max(wakeAt - now, 0));
  };

  async #take(seat: Seat): Promise<void> {
    seat.busy = true;
    const before = seat.screen;
    try {
      const picture = await this.#read(seat);
      seat.screen = { picture, time: new Date(), error: null };
      before.picture?.bitmap.close();
    } catch (error) {
      seat.screen = { ...before, error: error instanceof Error ? error : new Error(String(error)) };
    }
    seat.busy = false;
    seat.last = performance.now();
    if (seat.controller.signal.aborted) seat.screen.picture?.bitmap.close();
    else seat.sitter.show(seat.screen);
    this.#look();
  }

  async #read({ sitter, controller }: Seat): Promise<Picture> {
    const namespace = encodeURIComponent(sitter.namespace);
    const name = encodeURIComponent(sitter.name);
    const base = `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}`;
    const path = `${base}/virtualmachineinstances/${name}/vnc/screenshot`;
    const blob = await this.#api.bytes({ path, accept: "image/png", signal: controller.signal });
    try {
      const options = { resizeWidth: WIDTH, resizeQuality: "medium" } as const;
      const bitmap = await createImageBitmap(blob, options);
      return { bitmap, width: bitmap.width, height: bitmap.height };
    } catch {
      throw new ApiError(0, "the answer is no picture");
    }
  }
}
