// Links to places of the viewer.

import { html, nothing } from "lit-html";
import type { Group, Thing } from "../answers.js";
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

/** A group of objects, which leads to them on a screen if its class has a name. */
export function classLink(
  context: Context,
  words: unknown,
  { key }: Group,
  screen: "objects" | "holding" = "objects",
): unknown {
  return typeof key === "string" && key !== ""
    ? link(context, words, screen, { class: key })
    : words;
}
