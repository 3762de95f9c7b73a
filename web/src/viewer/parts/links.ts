// Links to places of the viewer.

import { html, nothing } from "lit-html";
import type { Thing } from "../answers.js";
import type { Context } from "../context.js";
import { addressOf, moved } from "../place.js";
import { name } from "./texts.js";

/** A link to a screen about the same dump. */
export function link(
  { place }: Context,
  words: unknown,
  screen: string,
  parameters: Record<string, string> = {},
  object = "",
): unknown {
  return html`<a href=${addressOf(moved(place, screen, parameters, object))}>${words}</a>`;
}

/** An object in words, which lead to its screen, and its address. */
export function thing(context: Context, one: Thing): unknown {
  if (!one.address) return name(one.words);
  return html`${objectLink(context, name(one.words), one.address)}
    <span class="address">${one.address}</span>${
      one.reachable === false ? html` <span class="badge">garbage</span>` : nothing
    }`;
}

export function objectLink(context: Context, words: unknown, address: string): unknown {
  return link(context, words, "object", {}, address);
}

/** A text in double quotes for conditions; undefined if it cannot be written there. */
export function conditionOfClass(key: string): string | undefined {
  return /^[A-Z][\w:]*$/.test(key) ? `class = ${key}` : undefined;
}
