// The places of the source at which most procs are written: callbacks that are added again and again.

import { html } from "lit-html";
import type { ProcPlace, Procs } from "../answers.js";
import type { Context } from "../context.js";
import { count, plural } from "../../common/units.js";
import { change, number, size } from "../parts/figures.js";
import { link, objectLink } from "../parts/links.js";
import { same } from "../parts/commands.js";
import { type Column, table } from "../parts/table.js";
import { name } from "../parts/texts.js";

const limit = 100;

export function procs(context: Context): unknown {
  return html`${context.answer("procs", { limit }, (answer) => found(context, answer))}
  ${same(context, { command: ["procs"], ruby: ".procs" })}`;
}

/** The conditions of the objects that are written at a place. */
export function writtenAt(place: string): string {
  return `proc = ${JSON.stringify(place)}`;
}

function found(context: Context, answer: Procs): unknown {
  const live = `${plural(answer.procs, "proc")} ${answer.procs === 1 ? "lives" : "live"}.`;
  if (answer.placed === 0)
    return html`<p class="lead">${live} The dump does not say where they are written.</p>`;
  const { baseline } = context;
  const before = baseline && context.known("procs", { dump: baseline.id, limit });
  return html`<p class="lead">
      ${live} ${count(answer.placed)} of them are written at ${plural(answer.total, "place")} that
      are known.
    </p>
    <p>
      A callback that is added again and again, and never removed, is many procs of one place. Each
      keeps the variables that it captures.
    </p>
    ${table(context, {
      caption: `The ${count(answer.items.length)} places with most procs`,
      columns: [
        {
          name: "place",
          explained: "where the block or method is written",
          kind: "name",
          cell: (one) => place(context, one),
        },
        { name: "procs", kind: "number", cell: (one) => number(one.procs) },
        before && grown(before),
        {
          name: "retained",
          explained: "by all of them together, at least",
          kind: "number",
          cell: (one) => size(one.retained),
        },
        {
          name: "held by",
          explained: "most of a sample of them",
          kind: "text",
          cell: (one) =>
            html`<ul class="plain">
              ${one.owners.map((owner) => html`<li>${count(owner.count)} × ${name(owner.owner)}</li>`)}
            </ul>`,
        },
        {
          name: "see",
          kind: "text",
          cell: (one) =>
            html`${link(context, "list", "objects", { where: writtenAt(one.place) })},
            ${link(context, "who holds", "holding", { where: writtenAt(one.place) })}`,
        },
      ],
      rows: answer.items,
    })}`;
}

/** How many more there are than in the baseline, where that is known. */
function grown(before: Procs): Column<ProcPlace> {
  const old = new Map(before.items.map((one) => [one.place, one.procs]));
  const all = before.items.length === before.total;
  return {
    name: "Δ procs",
    kind: "number",
    cell: (one) => {
      const procs = old.get(one.place) ?? (all ? 0 : undefined);
      return change(procs === undefined ? undefined : one.procs - procs, count);
    },
  };
}

function place(context: Context, one: ProcPlace): unknown {
  return html`${name(one.place)}
    <small>${one.label === null ? "" : name(one.label)}</small>
    ${objectLink(context, "one of them", one.example)}
    <span class="address">${one.example}</span>`;
}
