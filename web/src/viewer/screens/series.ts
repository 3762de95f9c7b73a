// How processes developed over all dumps: the verdict first, then lines over the time, and a table of
// all that was judged, what leaks first. Nothing is joined over a restart or a missing dump.

import { html, nothing } from "lit-html";
import type { TrendLine, Trends } from "../answers.js";
import type { Context } from "../context.js";
import { bytes, count, shortened } from "../../common/units.js";
import { same } from "../parts/commands.js";
import { change, number, size, sparkline } from "../parts/figures.js";
import { form } from "../parts/form.js";
import { lines as chart, moment } from "../parts/lines.js";
import { choose, rangeOf } from "../parts/range.js";
import { link } from "../parts/links.js";
import { choice, offsetOf, pager, table } from "../parts/table.js";
import { name, sentence, short } from "../parts/texts.js";
import { addressOf, changed } from "../place.js";

const rows = 25;
const drawn = 7; // lines in one chart

export function series(context: Context): unknown {
  if (context.dumps.length < 2)
    return html`<p class="lead">
      There is one dump. Lines need several: give them all to <code>heapdump ui</code>.
    </p>`;
  const given = {
    process: context.given("process", "0"),
    kind: context.given("kind", "all"),
    offset: offsetOf(context),
    limit: rows,
  };
  return html`${context.ask("trends", given, (answer) => shown(context, answer))}
  ${same(context, { command: ["trends"], about: "all", rubyOfAll: (files) => `HeapDump::Trends.of(${files.join(", ")})` })}`;
}

function shown(context: Context, answer: Trends): unknown {
  const bad = answer.total_leaks > 0 || answer.native_leak;
  return html`${processChoice(context, answer)}
    <p class="verdict ${bad ? "bad" : "calm"}">${sentence(answer.sentence)}</p>
    ${answer.sentences.map((one) => html`<p>${sentence(one)}</p>`)}
    ${[...answer.warnings, ...answer.notes].map(
      (one) => html`<p class="warning">${sentence(one)}</p>`,
    )}
    ${leaks(context, answer)}
    <h2>Memory of the process</h2>
    ${account(context, answer)} ${compared(context, answer)} ${growing(context, answer)}
    <h2>Classes, and ways in which objects are held</h2>
    ${choice(context, "Lines of", "kind", { "": "both", class: "classes", way: "ways" }, context.given("kind"))}
    ${lineTable(context, "Lines, what leaks first", answer.items)}
    ${pager(context, answer.total, rows, "lines")}
    <h2>Parts of the process</h2>
    ${lineTable(context, "Parts of the process", answer.parts)}`;
}

function processChoice(context: Context, { processes, process, title }: Trends): unknown {
  if (processes.length < 2) return html`<p class="lead">${name(title)}</p>`;
  const options = Object.fromEntries(
    processes.map((one, at) => {
      const told = one.leaks > 0 ? `, ${count(one.leaks)} leaking` : "";
      return [
        at === 0 ? "" : String(at),
        `${short(one.title, 60)}: ${count(one.dumps)} dumps from ${one.from.slice(0, 16).replace("T", " ")}${told}`,
      ];
    }),
  );
  return html`${form(context, "Process", [{ parameter: "process", label: "Process", options, wide: true }])}
    <p class="lead">
      Process ${count(process + 1)} of ${count(processes.length)}: ${name(title)}
    </p>`;
}

function leaks(context: Context, answer: Trends): unknown {
  if (answer.leaks.length === 0) return nothing;
  const left = answer.total_leaks - answer.leaks.length;
  return html`<ol class="links">
      ${answer.leaks.map(
        (one) =>
          html`<li>
            ${sentence(one.sentence)}
            ${link(context, "Who holds them", "holding", { class: one.class })}
          </li>`,
      )}
    </ol>
    ${left > 0 ? html`<p class="note">${count(left)} smaller leaks are not shown here.</p>` : nothing}`;
}

function account(context: Context, { account: { at, lines, marks }, title }: Trends): unknown {
  return html`${chart(
    {
      label: `Memory of ${title} over the time; the table below has the same numbers`,
      names: lines.map((one) => one.words),
      unit: "bytes",
      columns: [at, ...lines.map((one) => one.values)],
      marks,
      range: rangeOf(context),
    },
    (range) => {
      choose(context, range);
    },
  )}
  ${
    marks.length === 0
      ? nothing
      : html`<p class="note">
          ${marks.map((mark) => html`${moment(mark.at)}: ${name(mark.words)}. `)} Lines of different
          processes are not joined.
        </p>`
  }`;
}

/** The lines that matter most and are numbers of objects; of those that lie on each other the first. */
export function moving(items: readonly TrendLine[]): TrendLine[] {
  const lines = items.filter((one) => one.unit === "objects" && one.verdict !== "static");
  const different = new Map<string, TrendLine>();
  for (const line of lines) {
    const key = line.values.join();
    if (!different.has(key)) different.set(key, line);
  }
  return [...different.values()].slice(0, drawn);
}

function growing(context: Context, answer: Trends): unknown {
  const lines = moving(answer.items);
  if (lines.length === 0) return nothing;
  return html`<h2>Objects over the time</h2>
    ${chart(
      {
        label: "Objects of the first different lines of the table below, over the time",
        names: lines.map((one) => shortened(wordsOf(one), (part) => part.length <= 44)),
        unit: "objects",
        columns: columnsOf(answer, lines),
        range: rangeOf(context),
      },
      (range) => {
        choose(context, range);
      },
    )}`;
}

/** Columns for uPlot: a gap stands where dumps are missing. */
export function columnsOf(
  { dumps, gaps }: Pick<Trends, "dumps" | "gaps">,
  lines: readonly Pick<TrendLine, "values">[],
): (number | null)[][] {
  const columns: (number | null)[][] = [[], ...lines.map(() => [])];
  dumps.forEach((dump, index) => {
    const before = dumps[index - 1];
    if (before && gaps.includes(index)) {
      columns[0]?.push((before.at + dump.at) / 2);
      lines.forEach((_, at) => columns[at + 1]?.push(null));
    }
    columns[0]?.push(dump.at);
    lines.forEach((line, at) => columns[at + 1]?.push(line.values[index] ?? null));
  });
  return columns;
}

/** The first and the last dump of the times that are shown, to be compared. */
function compared(context: Context, { dumps }: Trends): unknown {
  const range = rangeOf(context);
  const [from, to] = range ?? [-Infinity, Infinity];
  const there = dumps.filter((one) => one.id !== null && one.at >= from && one.at <= to);
  const [first, last] = [there[0], there[there.length - 1]];
  const all = range
    ? html`<a href=${addressOf(changed(context.place, { from: "", to: "" }))}
          >Show all of the time</a
        >.`
    : nothing;
  const how = html`<span class="note">
    Drag over a chart to choose another pair; a double click shows all again.</span
  >`;
  if (!first?.id || !last?.id || first === last)
    return html`<p>Fewer than two dumps are within these times. ${all} ${how}</p>`;
  const to2 = (screen: string) =>
    addressOf({
      dump: last.id ?? "",
      screen,
      object: "",
      parameters: { baseline: first.id ?? "" },
    });
  return html`<p>
    Compare ${moment(first.at)} with ${moment(last.at)} UTC:
    <a href=${to2("classes")}>by class</a>, <a href=${to2("holders")}>by what retains most</a>.
    ${all} ${how}
  </p>`;
}

function wordsOf(line: TrendLine): string {
  return line.holder ? `${line.class}, ${line.holder}` : line.class;
}

function lineTable(context: Context, caption: string, lines: readonly TrendLine[]): unknown {
  return table(context, {
    caption,
    columns: [
      { name: "what", kind: "name", cell: (line) => what(context, line) },
      { name: "verdict", kind: "word", cell: (line) => verdict(line) },
      {
        name: "over the time",
        explained: "from 0 on",
        kind: "word",
        cell: (line) => sparkline(line.values, `${ends(line)}, ${line.words}`),
      },
      { name: "first → last", kind: "number", cell: ends },
      { name: "per hour", kind: "number", cell: (line) => pace(line.per_hour, line.unit) },
      {
        name: "retained per hour",
        kind: "number",
        cell: (line) => pace(line.retained_per_hour, "bytes"),
      },
      {
        name: "why",
        kind: "text",
        cell: (line) => sentence(line.reasons.join("; ")),
      },
    ],
    rows: lines,
  });
}

function what(context: Context, line: TrendLine): unknown {
  const words = name(line.class);
  if (line.kind === "process") return words;
  const linked = link(context, words, "holding", { class: line.class });
  if (line.kind === "class") return html`${linked} <small>all of the class</small>`;
  return html`${linked} <small>${name(line.holder ?? "held in one way")}</small>`;
}

function verdict({ verdict: word, words }: TrendLine): unknown {
  return word === "leak" ? html`<strong class="grew">leak</strong>` : words;
}

function ends({ values, unit }: TrendLine): string {
  const known = values.filter((one) => one !== null);
  const words = unit === "bytes" ? size : number;
  return `${words(known[0])} → ${words(known[known.length - 1])}`;
}

function pace(value: number | null | undefined, unit: TrendLine["unit"]): unknown {
  return change(value, (one) => (unit === "bytes" ? bytes(one) : figure(one)));
}

/** Slow growth has parts of an object in an hour. */
function figure(value: number): string {
  return value >= 10 ? count(value) : value.toPrecision(2);
}
