/**
 * Components whose code is loaded when they are shown, or is asked for before that.
 *
 * React's own lazy and Suspense keep what stands there meanwhile for 300 ms at least, however soon
 * the code comes (React 19.3): the first list of VMs, and each page after it, waited for that.
 */
import {
  type ComponentProps,
  type ComponentType,
  createElement,
  type ReactNode,
  useSyncExternalStore,
} from "react";
import { loadCode } from "./code.ts";

export type LateComponent<P> = ComponentType<P> & {
  /** Has the browser fetch the code; resolves when that is over. A failure shows when it is shown. */
  readonly fetch: () => Promise<void>;
};

/** `meanwhile` stands there until the code does; what went wrong is thrown, for the fence. */
// biome-ignore lint/suspicious/noExplicitAny: as React's own lazy has it
export function lateCode<C extends ComponentType<any>>(
  load: () => Promise<{ default: C }>,
  meanwhile: ReactNode = null,
): LateComponent<ComponentProps<C>> {
  const shelf = new Shelf(load);
  function Late(props: ComponentProps<C>) {
    const code = useSyncExternalStore(shelf.subscribe, shelf.read);
    return code === undefined ? meanwhile : createElement(code, props);
  }
  return Object.assign(Late, { fetch: shelf.fetch });
}

/** Where code is put when it comes. */
export class Shelf<C> {
  readonly #load: () => Promise<{ default: C }>;
  readonly #pausesMs: readonly number[] | undefined;
  #code: C | undefined;
  #error: unknown;

  constructor(load: () => Promise<{ default: C }>, pausesMs?: readonly number[]) {
    this.#load = load;
    this.#pausesMs = pausesMs;
  }

  /** The code, if it is there; throws why it could not be shown. */
  readonly read = (): C | undefined => {
    if (this.#error !== undefined) throw this.#error;
    return this.#code;
  };

  readonly fetch = (): Promise<void> => this.#bring().catch(() => {});

  /** Loads the code unless it is there. */
  readonly subscribe = (changed: () => void): (() => void) => {
    let here = true;
    const tell = () => here && changed();
    if (this.#code === undefined) {
      this.#bring().then(tell, (error: unknown) => {
        this.#error = error;
        tell();
      });
    }
    return () => {
      here = false;
    };
  };

  async #bring(): Promise<void> {
    this.#code = (await loadCode(this.#load, this.#pausesMs)).default;
  }
}
