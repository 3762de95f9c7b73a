// A class or a way in each process of a fleet over time: as lines, and as a row for each process.

import { html, nothing } from "lit-html";
import type { FleetAnswers, FleetLine } from "../fleet_answers.js";
import type { Context } from "../context.js";
import { bytes, count, shortened } from "../../common/units.js";
import { change, number, size, sparkline } from "../parts/figures.js";
import { choices, filter, fleetLink, process, sameOfFleet } from "../parts/fleet.js";
import { lines as chart } from "../parts/lines.js";
import { choose, rangeOf } from "../parts/range.js";
import { choice, offsetOf, pager, table } from "../parts/table.js";
import { name } from "../parts/texts.js";
import { addressOf, changed } from "../place.js";

const rows = 20;
const drawn = 7; // lines in the chart

type Figure = "objects" | "bytes" | "retained";
const figures: Record<Figure, string> = {
  objects: "objects",
  bytes: "their sizes",
  retained: "what they retain",
};

export function fleetHistory(context: Context): unknown {
  const asked = context.given("name");
  if (asked === "")
    return html`<p class="lead">
      Choose one among ${fleetLink(context, "what leaks", "fleet")} or
      ${fleetLink(context, "the classes", "fleet_classes")}.
    </p>`;
  const given = { ...filter(context), name: asked, offset: offsetOf(context), limit: rows };
  return html`${choices(context)}
  ${context.ask("fleet_history", given, (answer) => shown(context, answer))}
  ${sameOfFleet(context, "history", "History", asked)}`;
}

function shown(context: Context, { items, total }: FleetAnswers["fleet_history"]): unknown {
  const [first] = items;
  if (!first) return html`<p class="lead">There are no more.</p>`;
  const figure = figureOf(context);
  const range = rangeOf(context);
  return html`<p class="lead">${about(first)}</p>
    ${choice(context, "Show", "figure", { "": figures.objects, bytes: figures.bytes, retained: figures.retained }, context.given("figure"), { offset: String(offsetOf(context) || "") })}
    ${chart(
      {
        label: "What each process has over the time; the table below has the same numbers",
        names: items
          .slice(0, drawn)
          .map((one) => shortened(titleOf(one), (part) => part.length <= 44)),
        unit: figure === "objects" ? "objects" : "bytes",
        columns: joined(items.slice(0, drawn), figure),
        range,
      },
      (wanted) => {
        choose(context, wanted);
      },
    )}
    <p class="note">
      ${items.length > drawn ? `The chart has the first ${count(drawn)} of the table. ` : nothing}Drag
      over it to see a part of the
      time${
        range
          ? html`; <a href=${addressOf(changed(context.place, { from: "", to: "" }))}>show all</a>`
          : nothing
      }.
    </p>
    ${table(context, {
      caption: "Processes that have it, those that have most first",
      columns: [
        { name: "process", kind: "name", cell: process },
        items.some((one) => one.name !== first.name)
          ? { name: "held by", kind: "text", cell: (one) => name(one.holder ?? one.class) }
          : undefined,
        { name: "revision", kind: "word", cell: (one) => name(one.revision) },
        { name: "dumps", kind: "number", cell: (one) => number(one.dumps) },
        {
          name: "over the time",
          explained: "from 0 on",
          kind: "word",
          cell: (one) => sparkline(one[figure], ends(one, figure)),
        },
        { name: "first → last", kind: "number", cell: (one) => ends(one, figure) },
        {
          name: "grew by",
          kind: "number",
          cell: (one) => change(growth(one[figure]), words(figure)),
        },
      ],
      rows: items,
    })}
    ${pager(context, total, rows, "processes")}`;
}

function figureOf(context: Context): Figure {
  const given = context.given("figure");
  return given === "bytes" || given === "retained" ? given : "objects";
}

function about(line: FleetLine): unknown {
  if (line.kind === "class") return html`All objects of ${name(line.class)}.`;
  const place = line.location === null ? "" : ` (${line.location})`;
  return html`${name(line.class ?? "Objects")}, held by
  ${name(`${line.holder ?? "something unknown"}${place}`)}.`;
}

function titleOf(one: FleetLine): string {
  return `${one.app} ${String(one.pid)} ${one.host}`;
}

/**
 * Columns for uPlot over the times of all lines. Where one of them has no dump at a time of another
 * one, its line goes on: that is no gap.
 */
export function joined(
  lines: readonly Pick<FleetLine, "at" | Figure>[],
  figure: Figure,
): (number | undefined)[][] {
  const times = [...new Set(lines.flatMap((one) => one.at))].sort((one, other) => one - other);
  const columns = lines.map((one) => {
    const numbers = new Map(one.at.map((at, index) => [at, one[figure][index]]));
    return times.map((at) => numbers.get(at));
  });
  return [times, ...columns];
}

function growth(numbers: readonly number[]): number {
  return (numbers[numbers.length - 1] ?? 0) - (numbers[0] ?? 0);
}

function words(figure: Figure): (number: number) => string {
  return figure === "objects" ? count : bytes;
}

function ends(line: FleetLine, figure: Figure): string {
  const numbers = line[figure];
  const told = figure === "objects" ? number : size;
  return `${told(numbers[0])} → ${told(numbers[numbers.length - 1])}`;
}
