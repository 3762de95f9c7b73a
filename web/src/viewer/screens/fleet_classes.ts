// What becomes of classes in the processes of a fleet.

import { html } from "lit-html";
import type { Context } from "../context.js";
import { bytes } from "../../common/units.js";
import { change, number, size } from "../parts/figures.js";
import { choices, filter, fleetLink, sameOfFleet } from "../parts/fleet.js";
import { offsetOf, pager, table } from "../parts/table.js";
import { name } from "../parts/texts.js";

const rows = 50;

export function fleetClasses(context: Context): unknown {
  const given = { ...filter(context), offset: offsetOf(context), limit: rows };
  return html`${choices(context)}
  ${context.ask(
    "fleet_classes",
    given,
    (answer) =>
      html`${table(context, {
        caption: "Classes, and in how many processes they leak, fill up, or go up and down",
        columns: [
          {
            name: "class",
            kind: "name",
            cell: (row) =>
              fleetLink(context, name(row.class), "fleet_history", { name: row.class }),
          },
          { name: "leak", kind: "number", cell: (row) => leaking(row.leak) },
          {
            name: "slow dynamic",
            explained: "fills up",
            kind: "number",
            cell: (row) => number(row.slow),
          },
          {
            name: "fast dynamic",
            explained: "up and down",
            kind: "number",
            cell: (row) => number(row.fast),
          },
          {
            name: "per hour",
            explained: "in all of these together",
            kind: "number",
            cell: (row) => change(Math.round(row.bytes_per_hour), bytes),
          },
          { name: "in last dumps", kind: "number", cell: (row) => size(row.bytes) },
          { name: "objects", kind: "number", cell: (row) => number(row.objects) },
        ],
        rows: answer.items,
      })}
      ${pager(context, answer.total, rows, "classes")}`,
  )}
  ${sameOfFleet(context, "classes", "Classes")}`;
}

function leaking(processes: number): unknown {
  return processes === 0 ? "0" : html`<strong class="grew">${number(processes)}</strong>`;
}
