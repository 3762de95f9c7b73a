// Threads, and the frames of one with their variables.

import { html, nothing } from "lit-html";
import type { Frame, Variable } from "../answers.js";
import type { Context } from "../context.js";
import { count, plural } from "../../common/units.js";
import { number, size } from "../parts/figures.js";
import { link, objectLink, thing } from "../parts/links.js";
import { quoted, same } from "../parts/commands.js";
import { offsetOf, pager, table } from "../parts/table.js";
import { name } from "../parts/texts.js";

const limit = 50;
const frameLimit = 20;

export function threads(context: Context): unknown {
  return context.place.object ? frames(context) : list(context);
}

function list(context: Context): unknown {
  const parameters = { offset: offsetOf(context) || undefined, limit };
  return html`${context.answer(
    "threads",
    parameters,
    (answer) =>
      html`${table(context, {
        caption: `${plural(answer.total, "thread")}, by what they retain`,
        columns: [
          {
            name: "thread",
            kind: "name",
            cell: (one) =>
              html`${thing(context, one)}${one.thread ? html` ${name(one.thread)}` : nothing}`,
          },
          {
            name: "retained",
            explained: "free when it ends",
            kind: "number",
            cell: (one) => size(one.retained),
          },
          { name: "status", kind: "word", cell: (one) => name(one.status) },
          {
            name: "frames",
            kind: "number",
            cell: (one) =>
              one.frames > 0 && one.address
                ? link(context, number(one.frames), "threads", {}, one.address)
                : number(one.frames),
          },
          {
            name: "where it is",
            kind: "text",
            cell: (one) =>
              html`<ul class="plain">
                ${one.innermost.map((frame) => html`<li>${name(frame)}</li>`)}
              </ul>`,
          },
        ],
        rows: answer.items,
      })}
      ${pager(context, answer.total, limit, "threads")}`,
  )}
  ${same(context, { command: ["find", "--class", "Thread"], ruby: '.find(class: "Thread")' })}`;
}

function frames(context: Context): unknown {
  const object = context.place.object;
  const parameters = { object, offset: offsetOf(context) || undefined, limit: frameLimit };
  return html`<p>
      ${link(context, "‹ all threads", "threads")} · thread ${objectLink(context, object, object)}
    </p>
    ${context.answer(
      "frames",
      parameters,
      (answer) =>
        html`<h2>${plural(answer.total, "frame")}, the innermost first</h2>
          <ol class="frames" start=${offsetOf(context) + 1}>
            ${answer.items.map((one) => frame(context, one))}
          </ol>
          ${pager(context, answer.total, frameLimit, "frames")}`,
    )}
    ${same(context, { command: ["show", object], ruby: `.object(${quoted(object)})` })}`;
}

function frame(context: Context, one: Frame): unknown {
  const variables = [...(one.self ? [one.self] : []), ...one.locals];
  return html`<li>
    <b>${name(one.words)}</b>
    ${
      variables.length > 0
        ? html`<dl class="variables">
            ${variables.map(
              (variable) =>
                html`<div>
                  <dt>${name(variable.name)}</dt>
                  <dd>${value(context, variable)}</dd>
                </div>`,
            )}
          </dl>`
        : nothing
    }
    ${one.more_locals > 0 ? html`<small>${count(one.more_locals)} more variables</small>` : nothing}
  </li>`;
}

function value(context: Context, variable: Variable): unknown {
  if (!variable.address) return name(variable.words);
  return html`${thing(context, variable)}${
    variable.retained ? html` <small>retains ${size(variable.retained)}</small>` : nothing
  }`;
}
