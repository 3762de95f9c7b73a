// Which jobs or requests the memory of a fleet grows with.

import { html } from "lit-html";
import type { FleetWork } from "../fleet_answers.js";
import type { Context } from "../context.js";
import { plural } from "../../common/units.js";
import { number, share, size } from "../parts/figures.js";
import { choices, filter, sameOfFleet } from "../parts/fleet.js";
import { offsetOf, pager, table } from "../parts/table.js";
import { name } from "../parts/texts.js";

const rows = 50;
const enough = 30; // intervals

export function fleetWork(context: Context): unknown {
  const given = { ...filter(context), offset: offsetOf(context), limit: rows };
  return html`${choices(context)}
  ${context.ask(
    "fleet_work",
    given,
    (answer) =>
      html`<p class="lead">
          By ${plural(answer.intervals, "interval")} between two looks at
          memory${answer.enough ? "." : `; ${String(enough)} are needed to say how many bytes work leaves behind.`}
        </p>
        ${table(context, {
          caption: "Work, what explains most of the growth first",
          columns: [
            { name: "work", kind: "name", cell: (row) => words(row) },
            {
              name: "bytes each",
              explained: "that it leaves behind",
              kind: "number",
              cell: (row) => size(row.bytes_each === null ? null : Math.round(row.bytes_each)),
            },
            { name: "of the growth", kind: "word", cell: (row) => share(row.share, 1) },
            {
              name: "correlation",
              explained: "from −1 to 1",
              kind: "number",
              cell: (row) => row.correlation.toFixed(2).replace("-", "−"),
            },
            { name: "done", kind: "number", cell: (row) => number(row.done) },
          ],
          rows: answer.items,
        })}
        ${pager(context, answer.total, rows, "kinds of work")}`,
  )}
  ${sameOfFleet(context, "work", "Work")}`;
}

function words(row: FleetWork): unknown {
  return row.name === null ? "each hour, whatever was done" : name(row.name);
}
