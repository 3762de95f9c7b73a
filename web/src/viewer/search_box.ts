// The search box. While somebody writes, it offers the classes of the dump that have the text in
// their names, those with most bytes first: the pattern that is called combobox, with a list.

import { html, nothing } from "lit-html";
import type { Group, Histogram } from "./answers.js";
import type { Context } from "./context.js";
import { addressOf, moved } from "./place.js";
import { destination } from "./screens/search.js";
import { bytes } from "../common/units.js";
import { name } from "./parts/texts.js";

const most = 20; // classes
const asked = 60; // groups: some of them are no classes
const longest = 1000; // characters of a text: the server looks for no longer one

export class SearchBox {
  private typed = "";
  /** Those that are offered, also while the ones for another text are asked for. */
  private offered: Group[] = [];
  /** The number of the one that is marked; -1 for none. */
  private marked = -1;

  /** `changed` is called when there is something else to draw. */
  constructor(private readonly changed: () => void) {}

  draw(context: Context): unknown {
    const offers = this.offers(context);
    const go = (address: string) => {
      this.look("");
      location.hash = address;
    };
    const choose = (input: HTMLInputElement, { label }: Group) => {
      input.value = label;
      go(addressOf(moved(context.place, "objects", { class: label })));
    };
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      const input = (event.currentTarget as HTMLFormElement).elements.namedItem("text");
      if (!(input instanceof HTMLInputElement) || input.value.trim() === "") return;
      const chosen = offers[this.marked];
      if (chosen) choose(input, chosen);
      else go(addressOf(destination(context.place, input.value)));
    };
    return html`<form class="search" role="search" @submit=${submit}>
      <div class="offering">
        <input
          id="search"
          name="text"
          type="search"
          role="combobox"
          aria-autocomplete="list"
          aria-controls="offers"
          aria-expanded=${offers.length > 0}
          aria-activedescendant=${offers[this.marked] ? `offer-${this.marked}` : nothing}
          aria-label="Search: a class, an address, a text, or conditions"
          placeholder="class, 0x…, text, size > 1M"
          maxlength=${longest}
          autocomplete="off"
          spellcheck="false"
          @input=${(event: Event) => {
            this.look((event.currentTarget as HTMLInputElement).value);
          }}
          @keydown=${(event: KeyboardEvent) => {
            if (this.key(event.key, offers.length)) event.preventDefault();
          }}
          @blur=${() => {
            this.look("");
          }}
        />
        <ul id="offers" role="listbox" aria-label="Classes" ?hidden=${offers.length === 0}>
          ${offers.map(
            (one, at) =>
              html`<li
                id=${`offer-${at}`}
                role="option"
                aria-selected=${at === this.marked}
                @mousedown=${(event: Event) => {
                  event.preventDefault(); // the box would lose the focus, and the list go
                }}
                @click=${(event: Event) => {
                  const box = (event.currentTarget as Element).closest("form")?.elements;
                  const input = box?.namedItem("text");
                  if (input instanceof HTMLInputElement) choose(input, one);
                }}
              >
                ${name(one.label)} <small>${bytes(one.bytes)}</small>
              </li>`,
          )}
        </ul>
      </div>
      <button>Find</button>
    </form>`;
  }

  /** Whether the key means something for the list. */
  private key(key: string, offers: number): boolean {
    if (offers === 0) return false;
    if (key === "Escape") this.look("");
    else if (key === "ArrowDown" || key === "ArrowUp")
      this.marked = next(this.marked, key === "ArrowDown" ? 1 : -1, offers);
    else return false;
    this.changed();
    return true;
  }

  /** What classes are looked for; "" for none. */
  private look(text: string): void {
    if (text === this.typed) return;
    this.typed = text;
    this.marked = -1;
    this.changed();
  }

  private offers(context: Context): Group[] {
    const filter = this.typed.trim();
    if (filter === "" || destination(context.place, filter).screen !== "search") {
      this.offered = [];
      return [];
    }
    const answer = context.known("histogram", { filter, sort: "bytes", limit: asked });
    if (answer) this.offered = named(answer).slice(0, most);
    return this.offered;
  }
}

/** The place of the mark after a step: behind the last one it is on none, and then on the first. */
export function next(marked: number, step: number, offers: number): number {
  return ((marked + 1 + step + offers + 1) % (offers + 1)) - 1;
}

/** The groups of a histogram that are classes which have a name. */
export function named({ items }: Pick<Histogram, "items">): Group[] {
  return items.filter(
    ({ key, label, objects }) =>
      key === label && objects > 0 && label.length <= longest && !/\p{Cc}/u.test(label),
  );
}
