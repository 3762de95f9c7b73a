// What leaks in the processes of a fleet: the verdict first, then a row for each way, that which grows
// fastest in all processes together first.

import { html } from "lit-html";
import type { List } from "../answers.js";
import type { FleetLeak } from "../fleet_answers.js";
import type { Context } from "../context.js";
import { bytes, count, plural } from "../../common/units.js";
import { change, number, shareBar, size } from "../parts/figures.js";
import { choices, day, filter, fleetLink, partOf, sameOfFleet } from "../parts/fleet.js";
import { offsetOf, pager, table } from "../parts/table.js";
import { name, sentence } from "../parts/texts.js";

const rows = 25;

export function fleetLeaks(context: Context): unknown {
  const given = { ...filter(context), offset: offsetOf(context), limit: rows };
  return html`${choices(context)}
  ${context.ask("fleet_leaks", given, (answer) => shown(context, answer))}
  ${sameOfFleet(context, "leaks", "Leaks")}`;
}

function shown(context: Context, answer: List<FleetLeak>): unknown {
  const [first] = answer.items;
  if (!first)
    return html`<p class="verdict calm">
      ${answer.total === 0 ? "Nothing leaks, as far as the store knows: a verdict needs four dumps of a process." : "There are no more."}
    </p>`;
  const bad = first.fixed_in === null;
  return html`${offsetOf(context) === 0 ? html`<p class="verdict ${bad ? "bad" : "calm"}">${sentence(verdict(answer.total, first))}</p>` : ""}
  ${table(context, {
    caption: "What leaks, fastest first",
    columns: [
      {
        name: "objects",
        explained: "and who holds them",
        kind: "name",
        cell: (row) => what(context, row),
      },
      {
        name: "per hour",
        explained: "in all processes together",
        kind: "number",
        cell: (row) => change(row.bytes_per_hour, bytes),
      },
      {
        name: "objects per hour",
        kind: "number",
        cell: (row) => change(row.objects_per_hour, count),
      },
      {
        name: "processes",
        explained: "that leak, of those with a verdict",
        kind: "word",
        cell: (row) =>
          html`${partOf(row.processes, row.judged)} ${shareBar(row.processes, row.judged)}`,
      },
      {
        name: "in last dumps",
        kind: "number",
        cell: (row) => html`${size(row.bytes)}<br /><small>${number(row.objects)} objects</small>`,
      },
      { name: "since", kind: "word", cell: (row) => since(row) },
      {
        name: "fixed in",
        kind: "word",
        cell: (row) => (row.fixed_in === null ? "–" : name(row.fixed_in)),
      },
      {
        name: "applications",
        kind: "text",
        cell: (row) => row.apps.map((app, at) => html`${at > 0 ? ", " : ""}${name(app)}`),
      },
    ],
    rows: answer.items,
  })}
  ${pager(context, answer.total, rows, "ways")}`;
}

/** The verdict in one sentence. */
export function verdict(total: number, first: FleetLeak): string {
  const what = first.class ?? "objects of an unknown class";
  const where = `in ${partOf(first.processes, first.judged)} processes`;
  if (first.fixed_in !== null)
    return `Nothing leaks in the newest revisions. ${what} leaked ${where}, and no more since ${first.fixed_in}.`;
  const begun = first.since === null ? "" : ` since ${first.since}`;
  const pace = `${bytes(first.bytes_per_hour)} an hour in all of them together`;
  const leaks = `${plural(total, "way")} to hold objects ${total === 1 ? "leaks" : "leak"}`;
  return `${leaks}. Fastest: ${what}, ${where}${begun}, by ${pace}.`;
}

function what(context: Context, row: FleetLeak): unknown {
  const words = name(row.class ?? "unknown");
  const place = row.location === null ? "" : ` (${row.location})`;
  return html`${fleetLink(context, words, "fleet_history", { name: row.signature })}
    <small>${name(`${row.holder ?? "held in one way"}${place}`)}</small>
    <small class="address">${row.signature}</small>`;
}

function since(row: FleetLeak): unknown {
  return html`${name(row.since ?? "–")}<br /><small>${day(row.first_seen)}</small>`;
}
