// What all dumps have in numbers, as lines over the time. Dumps of different processes are not
// joined: between them the line has a gap.

import { html } from "lit-html";
import type { Dump, Summary } from "../answers.js";
import { waiting } from "../context.js";
import type { Context } from "../context.js";
import { bytes, count } from "../../common/units.js";
import { change, size } from "../parts/figures.js";
import { clock, lines as chart } from "../parts/lines.js";
import { same } from "../parts/commands.js";
import { table } from "../parts/table.js";
import { addressOf, inDump } from "../place.js";
import { name, plain, short } from "../parts/texts.js";

interface Line {
  name: string;
  of: (summary: Summary) => number | null | undefined;
}

const lines: Line[] = [
  { name: "the process (RSS)", of: (one) => one.account.rss },
  { name: "live objects, wherever they lie", of: (one) => one.memory.live_bytes },
  { name: "garbage", of: (one) => one.memory.garbage_bytes },
  { name: "heap pages", of: (one) => one.account.parts.heap_pages ?? one.memory.page_bytes },
  { name: "malloc of objects", of: (one) => one.account.parts.object_malloc },
  { name: "malloc of others", of: (one) => one.account.parts.other_malloc },
  { name: "free in malloc", of: (one) => one.account.parts.free_malloc },
];

export interface Given {
  dump: Dump;
  summary: Summary;
}

interface Point extends Given {
  timed: boolean;
  /** In seconds since 1970; the number of the dump where the time of one is not known. */
  at: number;
}

export function series(context: Context): unknown {
  if (context.dumps.length < 2)
    return html`<p class="lead">
      There is one dump. Lines need several: give them all to <code>heapdump ui</code>.
    </p>`;
  return html`${gather(context, context.lastDumps())}
  ${same(context, { command: ["diff"], about: "all", rubyOfAll: (files) => `HeapDump.leaks(${files.join(", ")})` })}`;
}

/** The lines, when all summaries are there. A dump that cannot be read leaves those of the others. */
function gather(context: Context, dumps: Dump[]): unknown {
  const given: Given[] = [];
  const faults: unknown[] = [];
  for (const dump of dumps) {
    const entry = context.entry("summary", { dump: dump.id });
    if (entry.state === "asked") return waiting(entry.progress, entry.stop);
    if (entry.state === "there") given.push({ dump, summary: entry.answer });
    else faults.push(html`<p class="warning">${name(dump.name)}: ${name(entry.message)}</p>`);
  }
  return html`${faults} ${drawn(context, pointsOf(given))}`;
}

/** In the order of time, or as they were given if the time of one is not known. */
export function pointsOf(given: Given[]): Point[] {
  const timed = given.every((one) => time(one) !== undefined);
  const at = (one: Given, number: number) => (timed ? time(one) : undefined) ?? number;
  return given
    .map((one, number) => ({ ...one, timed, at: at(one, number) }))
    .sort((one, other) => one.at - other.at);
}

function time({ summary }: Given): number | undefined {
  const text = plain(summary.header.time);
  const at = Date.parse(text);
  return Number.isNaN(at) || !/^\d{4}-/.test(text) ? undefined : at / 1000;
}

function drawn(context: Context, points: Point[]): unknown {
  const shown = lines.filter((line) => points.some((point) => (line.of(point.summary) ?? 0) > 0));
  return html`<p class="lead">
      ${points.length < context.dumps.length ? "The last " : ""}${count(points.length)} dumps. Look
      for a line that rises in every step.
    </p>
    ${chart({
      names: shown.map((line) => line.name),
      columns: columnsOf(points, shown),
      timed: points.every((point) => point.timed),
    })}
    ${table(context, {
      caption: "Sizes in each dump",
      columns: [
        { name: "what", kind: "name", cell: (line) => line.name },
        ...points.map((point) => ({
          name: moment(point),
          explained: short(point.dump.name, 24),
          kind: "number" as const,
          cell: (line: Line) => size(line.of(point.summary)),
        })),
        { name: "change", kind: "number", cell: (line) => changed(line, points) },
      ],
      rows: shown,
    })}
    <h2>The dumps</h2>
    <ul class="links">
      ${points.map(
        ({ dump, summary }) =>
          html`<li>
            <a href=${addressOf({ ...inDump(context.place, dump.id), screen: "overview" })}
              >${name(dump.name)}</a
            >: process ${plain(summary.header.pid) || "–"}, ${count(summary.objects)} objects
          </li>`,
      )}
    </ul>`;
}

function moment({ timed, at }: Point): string {
  return timed ? clock(at) : String(at + 1);
}

function changed(line: Line, points: Point[]): unknown {
  const [first, last] = [points[0], points[points.length - 1]].map(
    (one) => one && line.of(one.summary),
  );
  return first === null || first === undefined || last === null || last === undefined
    ? "–"
    : change(last - first, bytes);
}

/** Columns for uPlot; a gap stands between dumps of different processes. */
export function columnsOf(points: Point[], shown: Line[]): (number | null)[][] {
  const columns: (number | null)[][] = [[], ...shown.map(() => [])];
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (before && !sameProcess(before, point)) {
      columns[0]?.push((before.at + point.at) / 2);
      shown.forEach((_, at) => columns[at + 1]?.push(null));
    }
    columns[0]?.push(point.at);
    shown.forEach((line, at) => columns[at + 1]?.push(line.of(point.summary) ?? null));
  });
  return columns;
}

function sameProcess(one: Point, other: Point): boolean {
  const [a, b] = [one.summary.header, other.summary.header];
  const restarted = (b.gc?.count ?? 0) < (a.gc?.count ?? 0); // with the same number, as in a container
  return a.pid === b.pid && a.host === b.host && !restarted;
}
