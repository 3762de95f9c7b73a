// The processes of a fleet, those that grew most first, and what of it no object explains.

import { html } from "lit-html";
import type { FleetProcess } from "../fleet_answers.js";
import type { Context } from "../context.js";
import { bytes } from "../../common/units.js";
import { change, number, size } from "../parts/figures.js";
import { choices, day, filter, process, sameOfFleet } from "../parts/fleet.js";
import { offsetOf, pager, table } from "../parts/table.js";
import { name } from "../parts/texts.js";

const rows = 50;

export function fleetProcesses(context: Context): unknown {
  const given = { ...filter(context), offset: offsetOf(context), limit: rows };
  return html`${choices(context)}
  ${context.ask(
    "fleet_processes",
    given,
    ({ items, total }) =>
      html`${table(context, {
        caption: "Processes, from the first dump of each to its last",
        columns: [
          { name: "process", kind: "name", cell: process },
          { name: "revision", kind: "word", cell: (row) => name(row.revision) },
          { name: "dumps", kind: "number", cell: (row) => number(row.dumps) },
          { name: "time", explained: "UTC", kind: "word", cell: times },
          {
            name: "RSS",
            explained: "and how it grew",
            kind: "number",
            cell: (row) => grown(row.rss),
          },
          { name: "held", explained: "by roots", kind: "number", cell: (row) => grown(row.held) },
          {
            name: "not explained",
            explained: "by objects",
            kind: "number",
            cell: (row) => grown(row.unexplained),
          },
          { name: "leaks", kind: "word", cell: leaks },
        ],
        rows: items,
      })}
      ${pager(context, total, rows, "processes")}
      ${
        items.some((one) => one.native)
          ? html`<p class="note">
              native: what no object explains grows, while objects do not. That is memory of C code,
              of threads or of the allocator; no heap dump can say more about it.
            </p>`
          : ""
      }`,
  )}
  ${sameOfFleet(context, "processes", "Processes")}`;
}

function times({ from, to }: FleetProcess): unknown {
  return html`${day(from)} –<br />${day(to)}`;
}

function grown(pair: FleetProcess["rss"]): unknown {
  if (pair === null) return "–";
  return html`${size(pair[1])}<br /><small>${change(pair[1] - pair[0], bytes)}</small>`;
}

function leaks(row: FleetProcess): unknown {
  const ways = row.leaks === 0 ? "0" : html`<strong class="grew">${number(row.leaks)}</strong>`;
  return row.native ? html`${ways} <span class="badge">native</span>` : ways;
}
