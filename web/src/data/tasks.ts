/** What the user started here, and what became of it: the lines of the task log. */
import { useSyncExternalStore } from "react";
import type { Departing } from "./gone.ts";

/** What is done to which object. */
export interface TaskSubject {
  readonly title: string;
  readonly object?: { readonly kind: string; readonly namespace?: string; readonly name: string };
}

export interface Task extends TaskSubject {
  readonly id: number;
  /** waiting: the API has said yes, and what was asked for is not so yet. */
  readonly state: "running" | "waiting" | "done" | "failed";
  /** What a task waits for to be gone. */
  readonly departing?: Departing;
  readonly started: Date;
  readonly ended?: Date;
  readonly error?: Error;
}

const LIMIT = 200;

/** Newest first. */
let tasks: readonly Task[] = [];
let count = 0;
const listeners = new Set<() => void>();

/**
 * Does the work, and shows it in the task log. Throws what the work throws. With `departing` the
 * task is not done with the work: it waits until that object is gone, which may be never.
 */
export async function runTask<T>(
  task: TaskSubject,
  work: () => Promise<T>,
  departing?: Departing,
): Promise<T> {
  count += 1;
  const id = count;
  const { title, object } = task;
  publish([{ title, object, id, state: "running", started: new Date() }, ...tasks]);
  try {
    const result = await work();
    if (departing === undefined) end(id, { state: "done" });
    else change(id, { state: "waiting", departing });
    return result;
  } catch (error) {
    end(id, { state: "failed", error: error instanceof Error ? error : new Error(String(error)) });
    throw error;
  }
}

/** Ends the tasks that wait for an object to be gone. */
export function finishTasks(isGone: (departing: Departing) => boolean): void {
  for (const { id, state, departing } of tasks) {
    if (state === "waiting" && departing && isGone(departing)) end(id, { state: "done" });
  }
}

/** Whether it has neither come to its end nor failed. */
export function isOpen({ state }: Pick<Task, "state">): boolean {
  return state === "running" || state === "waiting";
}

/** The tasks of this page, newest first, 200 at most. */
export function useTasks(): readonly Task[] {
  return useSyncExternalStore(subscribeTasks, readTasks);
}

/** Forgets all: whoever logs in next sees nothing of them. */
export function clearTasks(): void {
  publish([]);
}

export function readTasks(): readonly Task[] {
  return tasks;
}

export function subscribeTasks(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function end(id: number, ending: Pick<Task, "state" | "error">): void {
  change(id, { ...ending, ended: new Date() });
}

function change(id: number, changed: Partial<Task>): void {
  publish(tasks.map((each) => (each.id === id ? { ...each, ...changed } : each)));
}

/** Of too many the oldest that ended go first: one that is still open stays in sight. */
function publish(next: readonly Task[]): void {
  let excess = next.length - LIMIT;
  const kept = next.toReversed().filter((each) => {
    if (excess <= 0 || isOpen(each)) return true;
    excess -= 1;
    return false;
  });
  tasks = kept.toReversed().slice(0, LIMIT);
  for (const listener of listeners) listener();
}
