// Strings of which there are several.

import { html } from "lit-html";
import type { DuplicateString, Strings } from "../answers.js";
import type { Context } from "../context.js";
import { bytes, count } from "../../common/units.js";
import { change, number, size } from "../parts/figures.js";
import { form } from "../parts/form.js";
import { objectLink } from "../parts/links.js";
import { same } from "../parts/commands.js";
import { table } from "../parts/table.js";
import { name, short } from "../parts/texts.js";

const limit = 100;

export function strings(context: Context): unknown {
  return html`${context.answer("strings", { limit }, (answer) => found(context, answer))}
  ${search(context)} ${same(context, { command: ["strings"], ruby: ".duplicate_strings" })}`;
}

/** Leads to the list of objects with that text. */
function search(context: Context): unknown {
  const there = context.on("objects");
  return html`<h2>Search</h2>
    ${form(there, "Search in strings", [{ parameter: "value", label: "Strings that contain" }])}`;
}

function found(context: Context, answer: Strings): unknown {
  if (answer.compared === 0 && answer.strings > 0)
    return html`<p class="lead">
      ${count(answer.strings)} strings live. The dump has no contents by which they could be
      compared: it was taken with <code>strings: :none</code>.
    </p>`;
  const before = context.baseline && context.known("strings", { dump: context.baseline.id, limit });
  return html`<p class="lead">
      ${count(answer.strings)} strings live. ${count(answer.copies)} of them are copies of
      ${count(answer.total)} texts: one of each would save <b>${bytes(answer.wasted)}</b>${
        before ? html` (${change(answer.wasted - before.wasted, bytes)} since the baseline)` : ""
      }.
    </p>
    ${table(context, {
      caption: `The ${count(answer.items.length)} texts that waste most`,
      columns: [
        {
          name: "text",
          explained: context.values ? "its content" : "its length: contents are hidden",
          kind: "name",
          cell: (one) => text(context, one),
        },
        {
          name: "saved",
          explained: "if there was one copy",
          kind: "number",
          cell: (one) => size(one.wasted),
        },
        { name: "copies", kind: "number", cell: (one) => number(one.copies) },
        {
          name: "held by",
          explained: "most of a sample of the copies",
          kind: "text",
          cell: (one) =>
            html`<ul class="plain">
              ${one.owners.slice(0, 3).map((owner) => html`<li>${count(owner.count)} × ${name(owner.owner)}</li>`)}
            </ul>`,
        },
      ],
      rows: answer.items,
    })}`;
}

function text(context: Context, one: DuplicateString): unknown {
  const words =
    one.value ?? (one.bytesize === null ? "a text" : `a text of ${bytes(one.bytesize)}`);
  const content = one.value === null ? words : JSON.stringify(short(words, 120));
  return html`${objectLink(context, html`<bdi>${content}</bdi>`, one.example)}
    <span class="address">${one.example}</span>`;
}
