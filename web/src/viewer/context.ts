// What a screen is drawn from: the place, the dumps, and the answers that are there.

import { html, nothing } from "lit-html";
import type { Answers, Dump, Progress, Question } from "./answers.js";
import type { Parameters } from "./api.js";
import { moved } from "./place.js";
import type { Place } from "./place.js";
import type { Entry, Store } from "./store.js";
import { count } from "../common/units.js";

/** So many dumps are compared at most. */
export const mostDumps = 16;

export class Context {
  constructor(
    readonly place: Place,
    readonly dumps: Dump[],
    /** The dump of the place. */
    readonly dump: Dump,
    /** An earlier dump, with which this one is compared. */
    readonly baseline: Dump | undefined,
    /** Whether the values of the program's data are shown. */
    readonly values: boolean,
    private readonly store: Store,
    /** Whether the server has a store of a fleet. */
    readonly fleet = false,
  ) {}

  /** Those that are compared with each other: the server keeps no more of them open. */
  lastDumps(): Dump[] {
    return this.dumps.slice(-mostDumps);
  }

  /** The same place in the last dump. */
  inLast(): Context {
    const last = this.dumps[this.dumps.length - 1] ?? this.dump;
    return this.at({ ...this.place, dump: last.id }, last);
  }

  /** Another screen about the same dump. */
  on(screen: string): Context {
    return this.at(moved(this.place, screen), this.dump);
  }

  private at(place: Place, dump: Dump): Context {
    return new Context(place, this.dumps, dump, this.baseline, this.values, this.store, this.fleet);
  }

  /** A parameter of the place, or what stands for it where there is none. */
  given(name: string, otherwise = ""): string {
    return this.place.parameters[name] ?? otherwise;
  }

  /**
   * The answer to a question about this dump as `show` draws it; before it is there, how far it is,
   * and if there is none, why.
   */
  answer<Q extends Question>(
    question: Q,
    parameters: Parameters,
    show: (answer: Answers[Q]) => unknown,
  ): unknown {
    return this.ask(question, { dump: this.dump.id, ...parameters }, show);
  }

  /** The same for a question that is not about one dump. */
  ask<Q extends Question>(
    question: Q,
    parameters: Parameters,
    show: (answer: Answers[Q]) => unknown,
  ): unknown {
    const entry = this.store.entry(question, {
      ...parameters,
      values: this.values ? 1 : undefined,
    });
    if (entry.state === "there") return show(entry.answer);
    if (entry.state === "asked") return waiting(entry.progress, entry.stop);
    return refused(entry.message, final.includes(entry.code) ? undefined : entry.again);
  }

  /** What is known of the answer to a question about this dump. It is asked. */
  entry<Q extends Question>(question: Q, parameters: Parameters): Entry<Answers[Q]> {
    const values = this.values ? 1 : undefined;
    return this.store.entry(question, { dump: this.dump.id, ...parameters, values });
  }

  /**
   * The answer if it is there already. It is asked. `none` is the answer of a dump that has nothing of
   * the kind.
   */
  known<Q extends Question>(
    question: Q,
    parameters: Parameters,
    none?: Answers[Q],
  ): Answers[Q] | undefined {
    const entry = this.entry(question, parameters);
    if (entry.state === "refused" && entry.code === "not_found") return none;
    return entry.state === "there" ? entry.answer : undefined;
  }
}

/** How far an answer is, with a button to stop. */
export function waiting(progress: Progress | null, stop?: () => void): unknown {
  const { work = null, done = null, of = null } = progress ?? {};
  const part = done !== null && of ? done / of : undefined;
  const words = part === undefined ? "" : ` ${count(Math.floor(100 * part))} %`;
  return html`<p class="waiting" role="status">
    ${work === null ? "Asking" : `Working: ${work}`} …${words}
    ${part === undefined ? nothing : html`<progress aria-label="How far it is" .value=${part}></progress>`}
    ${stop && progress ? html`<button type="button" @click=${stop}>Stop</button>` : nothing}
  </p>`;
}

/** Why there is no answer, with a button to ask again. */
export function refused(message: string, again?: () => void): unknown {
  return html`<p class="warning" role="alert">
    ${message} ${again ? html`<button type="button" @click=${again}>Ask again</button>` : nothing}
  </p>`;
}

/** Why there is no answer, where asking again would not change that. */
const final = [
  "bad_value",
  "bad_query",
  "query_too_long",
  "no_such_object",
  "no_such_reference",
].concat(["no_such_dump", "not_found", "no_answer", "unknown_parameter", "no_fleet"]);
