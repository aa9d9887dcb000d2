/** What a user chose for this browser: it is remembered here and nowhere else. */
import { useSyncExternalStore } from "react";

/** One choice; an unknown or missing value is the first of `values`. */
export class Setting<V extends string> {
  readonly name: string;
  readonly values: readonly V[];
  readonly #key: string;
  readonly #listeners = new Set<() => void>();
  #value: V;

  constructor(name: string, values: readonly [V, ...V[]]) {
    this.name = name;
    this.values = values;
    this.#key = `virtpod:${name}`;
    this.#value = this.#load();
    addEventListener("storage", ({ key }) => {
      if (key === this.#key) this.#take(this.#load());
    });
  }

  readonly read = (): V => this.#value;

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  set(value: V): void {
    try {
      localStorage.setItem(this.#key, value);
    } catch {
      // A browser that may not remember: the choice holds until the page is left.
    }
    this.#take(value);
  }

  #load(): V {
    let kept: string | null = null;
    try {
      kept = localStorage.getItem(this.#key);
    } catch {
      // As above.
    }
    const [standard] = this.values;
    return this.values.find((each) => each === kept) ?? (standard as V);
  }

  #take(value: V): void {
    if (value === this.#value) return;
    this.#value = value;
    for (const changed of this.#listeners) changed();
  }
}

/** The choice now, and how to make another. */
export function useSetting<V extends string>(setting: Setting<V>): [V, (value: V) => void] {
  const value = useSyncExternalStore(setting.subscribe, setting.read);
  return [value, (each) => setting.set(each)];
}

export const THEME = new Setting("theme", ["system", "light", "dark"]);
export const LANGUAGE = new Setting("language", ["auto", "en", "de"]);
export const DIRECTION = new Setting("direction", ["auto", "ltr", "rtl"]);
/** Keys without Ctrl or Alt disturb who speaks to the computer: they can be turned off. */
export const SHORTCUT_KEYS = new Setting("keys", ["on", "off"]);
export const TASK_LOG = new Setting("tasks", ["closed", "open"]);
