// A path from what holds an object down to it, as a list with one item for each step.

import { html, nothing } from "lit-html";
import type { Hop, Path, SuspectPathItem } from "../answers.js";
import type { Context } from "../context.js";
import { number } from "./figures.js";
import { objectLink } from "./links.js";
import { name } from "./texts.js";

/** What a path of each rank says. */
const ranks: Record<string, string> = {
  named: "through names of the program",
  frame: "a method that is running holds it",
  root: "the VM holds it",
  cache: "a cache holds it, which is no cause",
  stack: "only a machine stack holds it, perhaps by chance",
};

const most = 24; // steps that are shown

export function pathOfObject(context: Context, path: Path): unknown {
  const half = most / 2;
  const cut = path.path.length > most ? path.path.length - most : 0;
  const shown = cut ? [...path.path.slice(0, half), null, ...path.path.slice(-half)] : path.path;
  const left = path.left_out + cut;
  return html`<article class="card">
    <h3>${path.note ?? ranks[path.rank] ?? path.rank}</h3>
    <ol class="path">
      ${shown.map((hop) => (hop ? step(context, hop) : html`<li class="gap">… ${number(left)} steps …</li>`))}
    </ol>
    ${!cut && left > 0 ? html`<p class="note">${number(left)} steps between are left out.</p>` : nothing}
  </article>`;
}

function step(context: Context, hop: Hop): unknown {
  return html`<li>
    ${hop.edge.map((edge) => html`<span class="edge">${name(edge)}</span> <span class="arrow">→</span> `)}
    <b>${hop.address ? objectLink(context, name(hop.words), hop.address) : name(hop.words)}</b>
    ${hop.location ? html`<span class="place">${name(hop.location)}</span>` : nothing}
    ${hop.address ? html`<span class="address">${hop.address}</span>` : nothing}
  </li>`;
}

export function pathOfSuspect(context: Context, items: (SuspectPathItem | null)[]): unknown {
  return html`<ol class="path">
    ${items.map((item) =>
      item === null
        ? html`<li class="gap">…</li>`
        : html`<li class=${item.mark ? "suspect" : ""}>
            ${item.names.map((edge) => html`<span class="edge">${name(edge)}</span> <span class="arrow">→</span> `)}
            <b
              >${item.address ? objectLink(context, name(item.object), item.address) : name(item.object)}</b
            >
            ${item.place ? html`<span class="place">${name(item.place)}</span>` : nothing}
            ${item.address ? html`<span class="address">${item.address}</span>` : nothing}
            ${
              item.mark
                ? html`<strong class="mark">▲ Look here: it ${name(item.mark)}</strong>`
                : nothing
            }
          </li>`,
    )}
  </ol>`;
}
