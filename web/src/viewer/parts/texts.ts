// Texts from a dump, which strangers may have written. They get into the page as text, never as
// markup; the middle of a long one is left out, and a browser shows each in its own direction.

import { html } from "lit-html";
import { count, shortened } from "../../common/units.js";

const most = 300; // characters

/** A text that is short enough to be shown. */
export function short(text: string, length = most): string {
  if (text.length <= length) return text;
  const cut = shortened(text, (part) => part.length <= length);
  return `${cut} (${count(text.length)} characters)`;
}

/** What should be a text or a number; "" for all else. */
export function plain(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** A name from a dump. */
export function name(text: string | null | undefined): unknown {
  return html`<bdi>${short(text ?? "–")}</bdi>`;
}

const mostOfSentence = 5_000; // characters; the names in it have been cut already

/** A sentence of the server, of which nothing may be missing. */
export function sentence(text: string): unknown {
  return html`<bdi>${short(text, mostOfSentence)}</bdi>`;
}
