// The answers that the page has or waits for. What is shown is a function of them: when one comes,
// the page is drawn again.

import { ask, query, Refused } from "./api.js";
import type { Parameters } from "./api.js";
import type { Answers, Progress, Question } from "./answers.js";

export type Entry<A> =
  | { state: "asked"; progress: Progress | null; stop: () => void }
  | { state: "there"; answer: A }
  | { state: "refused"; code: string; message: string; again: () => void };

const kept = 200; // entries

export class Store {
  private readonly entries = new Map<string, Entry<unknown>>();
  private used = new Set<string>();

  /** `changed` is called when there is more to show. */
  constructor(private readonly changed: () => void) {}

  /** What is known of the answer to a question, which is asked if it was not yet. */
  entry<Q extends Question>(question: Q, parameters: Parameters): Entry<Answers[Q]> {
    const key = `${question}?${query(parameters)}`;
    this.used.add(key);
    const known = this.entries.get(key) ?? this.begin(key, question, parameters);
    return known as Entry<Answers[Q]>;
  }

  /**
   * To be called when all of a page has been drawn: what it does not use is not asked any more, and
   * of the answers the oldest are forgotten.
   */
  drawn(): void {
    for (const [key, entry] of this.entries) {
      if (this.used.has(key)) continue;
      if (entry.state === "asked") {
        entry.stop();
        this.entries.delete(key);
      } else if (entry.state === "refused" || this.entries.size > kept) this.entries.delete(key);
    }
    this.used = new Set();
  }

  /** Whether an answer is still to come, also one for which nothing is shown until it is there. */
  get asking(): boolean {
    return [...this.entries.values()].some(({ state }) => state === "asked");
  }

  /** Forgets the answers to a question, which will be asked again. */
  forget(question: Question): void {
    for (const [key, { state }] of this.entries)
      if (state !== "asked" && key.startsWith(`${question}?`)) this.entries.delete(key);
    this.changed();
  }

  /** Forgets all answers in which the values of the program's data are. */
  forgetValues(): void {
    for (const key of this.entries.keys()) if (/[?&]values=1/.test(key)) this.entries.delete(key);
  }

  private begin(key: string, question: Question, parameters: Parameters): Entry<unknown> {
    const controller = new AbortController();
    const again = () => {
      this.entries.delete(key);
      this.changed();
    };
    const refused = (code: string, message: string) => {
      this.set(key, entry, { state: "refused", code, message, again });
    };
    let entry: Entry<unknown> = {
      state: "asked",
      progress: null,
      stop: () => {
        controller.abort();
        refused("stopped", "Stopped.");
      },
    };
    const told = (progress: Progress) => {
      const next: Entry<unknown> = { ...entry, progress } as Entry<unknown>;
      if (this.set(key, entry, next)) entry = next;
    };
    this.entries.set(key, entry);
    ask(question, parameters, controller.signal, told).then(
      (answer) => {
        this.set(key, entry, { state: "there", answer });
      },
      (error: unknown) => {
        if (error instanceof Refused) refused(error.code, error.message);
        else if (!controller.signal.aborted) refused("failed", String(error));
      },
    );
    return entry;
  }

  /** Replaces an entry, if it is still there. */
  private set(key: string, entry: Entry<unknown>, next: Entry<unknown>): boolean {
    if (this.entries.get(key) !== entry) return false;
    this.entries.set(key, next);
    this.changed();
    return true;
  }
}
