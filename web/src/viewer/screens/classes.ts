// Objects in groups: by class, type, gem, place, or generation.

import { html, nothing } from "lit-html";
import type { Group, Histogram } from "../answers.js";
import type { Parameters } from "../api.js";
import type { Context } from "../context.js";
import { bytes, count, plural } from "../../common/units.js";
import { change, number, share, size } from "../parts/figures.js";
import { form } from "../parts/form.js";
import type { Field } from "../parts/form.js";
import { classLink, link, objectLink } from "../parts/links.js";
import { quoted, same, symbol } from "../parts/commands.js";
import { choice, offsetOf, pager, table } from "../parts/table.js";
import type { Column } from "../parts/table.js";
import { name } from "../parts/texts.js";

const limit = 100;

const groupings: Record<string, string> = {
  class: "class",
  type: "type",
  gem: "gem",
  location: "place of allocation",
  generation: "generation",
};

export function classes(context: Context): unknown {
  const by = context.given("by", "class");
  const below = context.given("below");
  const baseline = below ? undefined : context.baseline;
  const parameters = {
    by,
    baseline: baseline?.id,
    below: below || undefined,
    ...filters(context),
    sort: sorting(context, by, baseline !== undefined),
    reverse: context.given("reverse") || undefined,
    offset: offsetOf(context) || undefined,
    limit,
  };
  return html`${choice(context, "Group by", "by", groupings, by, { sort: "", reverse: "" })}
  ${below ? html`<p>Only what ${objectLink(context, below, below)} retains.</p>` : nothing}
  ${form(context, "Filter", fields(context, by, baseline !== undefined))} ${help()}
  ${context.answer("histogram", parameters, (answer) => found(context, answer, baseline !== undefined))}
  ${same(context, command(context, by, baseline !== undefined))}`;
}

function command(context: Context, by: string, compared: boolean) {
  if (compared)
    return {
      command: ["diff", "--by", by] as [string, ...string[]],
      about: "baseline" as const,
      rubyOfAll: ([earlier = "", later = ""]: string[]) =>
        `HeapDump::Snapshot.open(${earlier}).diff(HeapDump::Snapshot.open(${later}), by: ${symbol(by)})`,
    };
  const below = context.given("below");
  return {
    command: by === "class" && !below ? (["summary"] as [string]) : undefined,
    ruby: `.histogram(by: ${symbol(by)}${below ? `, below: ${quoted(below)}` : ""})`,
  };
}

const filterFields: Field[] = [
  { parameter: "filter", label: "Name contains", example: "Session" },
  { parameter: "retained", label: "Retained", example: ">1MB", narrow: true },
  { parameter: "retained_change", label: "Δ retained", example: ">0", narrow: true },
  { parameter: "bytes", label: "Bytes", example: "<64k", narrow: true },
  { parameter: "bytes_change", label: "Δ bytes", example: ">0", narrow: true },
  { parameter: "objects", label: "Objects", example: "1..5", narrow: true },
  { parameter: "objects_change", label: "Δ objects", example: ">0", narrow: true },
  { parameter: "garbage", label: "Bytes of garbage", example: ">0", narrow: true },
];

/** The fields of the columns that there are, and of filters that are set all the same. */
export function fields(context: Pick<Context, "given">, by: string, compared: boolean): Field[] {
  return filterFields.filter(({ parameter }) => {
    const change = parameter.endsWith("_change");
    const known = by !== "gem" || !parameter.startsWith("retained");
    return (known && (compared || !change)) || context.given(parameter) !== "";
  });
}

/** All filters of the place: the server says so if one does not fit. */
function filters(context: Context): Parameters {
  const names = filterFields.map(({ parameter }) => parameter);
  return Object.fromEntries(names.map((one) => [one, context.given(one) || undefined]));
}

function help(): unknown {
  return html`<details class="help">
    <summary>What filters can say</summary>
    <p>
      <code>&gt;1000</code>, <code>&lt;1MB</code>, <code>1..5</code>, <code>7</code>; also
      <code>&gt;=</code> and <code>&lt;=</code>. k, M and G are 1024, 1024² and 1024³. All filters
      have to be met; a number that is not known meets none.
    </p>
  </details>`;
}

/** The order: that of the first column of sizes, if none is given. What gems retain is not known. */
export function sorting(context: Pick<Context, "given">, by: string, compared: boolean): string {
  const first = by === "gem" ? "bytes" : "retained";
  return context.given("sort", compared ? "bytes_change" : first);
}

function found(context: Context, answer: Histogram, compared: boolean): unknown {
  if (!answer.known)
    return html`<p class="warning">
      No object has this: places and generations are known of dumps that were taken while
      <code>HeapDump.trace_allocations</code> was on.
    </p>`;
  const what = answer.by === "class" ? "classes" : "groups";
  const groups =
    answer.by === "class"
      ? plural(answer.total, "class", "classes")
      : plural(answer.total, "group");
  const filtered = Object.values(filters(context)).some((one) => one !== undefined);
  return html`<p class="lead">
      ${
        filtered
          ? `${groups} ${answer.total === 1 ? "meets" : "meet"} the filters. All together there are`
          : ""
      }
      ${plural(answer.objects, "live object")} with
      ${bytes(answer.bytes)}${filtered ? "" : `, in ${groups}`}.
    </p>
    ${table(context, {
      caption: `Objects by ${groupings[answer.by] ?? answer.by}`,
      columns: columns(
        context,
        context.given("below") ? { ...answer, whole: "of what it retains" } : answer,
        compared,
      ),
      rows: answer.items,
      sort: sorting(context, answer.by, compared),
      reverse: context.given("reverse") === "1",
    })}
    ${pager(context, answer.total, limit, what)}`;
}

interface Of {
  by: string;
  /** The sum of which each group is a share, and in words what that is. */
  bytes: number;
  whole?: string;
  /** Whether these are dominators: then a group is as large as what it retains. */
  dominators?: boolean;
}

/** Columns of groups that have an order of their own. */
export function groupColumns(
  context: Context,
  answer: Of,
  compared = false,
): (Column<Group> | undefined)[] {
  return columns(context, answer, compared).map((column) => column && unsorted(column));
}

function unsorted({ sort: _, ...column }: Column<Group>): Column<Group> {
  return column;
}

function columns(context: Context, answer: Of, compared: boolean): (Column<Group> | undefined)[] {
  const { dominators = false } = answer;
  const retained = dominators || answer.by !== "gem"; // what all objects of a gem retain is not known
  return [
    {
      name: answer.by === "class" ? "class" : "group",
      kind: "name",
      sort: "label",
      cell: (row) => label(context, answer.by, row),
    },
    retained
      ? {
          name: "retained",
          explained: dominators
            ? "would be free if all of them were"
            : "would be free if all of them were, at least",
          kind: "number",
          sort: "retained",
          cell: (row) => size(row.retained),
        }
      : undefined,
    compared && retained
      ? {
          name: "Δ retained",
          explained: "since the baseline",
          kind: "number",
          sort: "retained_change",
          cell: (row) => change(row.change?.retained, bytes),
        }
      : undefined,
    {
      name: "bytes",
      explained: "of their own",
      kind: "number",
      sort: "bytes",
      cell: (row) => size(row.bytes),
    },
    compared
      ? {
          name: "Δ bytes",
          explained: "since the baseline",
          kind: "number",
          sort: "bytes_change",
          cell: (row) => change(row.change?.bytes, bytes),
        }
      : {
          name: "share",
          explained: answer.whole ?? "of all that lives",
          kind: "word",
          cell: (row) => share(dominators ? row.retained : row.bytes, answer.bytes),
        },
    {
      name: "objects",
      explained: "that live",
      kind: "number",
      sort: "objects",
      cell: (row) => number(row.objects),
    },
    compared
      ? {
          name: "Δ objects",
          explained: "since the baseline",
          kind: "number",
          sort: "objects_change",
          cell: (row) => change(row.change?.objects, count),
        }
      : undefined,
    {
      name: "garbage",
      explained: "nothing holds it any more",
      kind: "number",
      sort: "garbage",
      cell: (row) =>
        row.garbage === 0 ? "–" : `${bytes(row.garbage_bytes)} in ${count(row.garbage)}`,
    },
    {
      name: "",
      kind: "word",
      cell: (row) => more(context, answer.by, row),
    },
  ];
}

function label(context: Context, by: string, row: Group): unknown {
  if (by === "class") return classLink(context, name(row.label), row);
  if (by === "type") return link(context, name(row.label), "objects", { type: String(row.key) });
  return name(row.label);
}

function more(context: Context, by: string, row: Group): unknown {
  const held = by === "class" && typeof row.key === "string" && row.objects > 0;
  return html`${held ? html`${classLink(context, "who holds them", row, "holding")}, ` : nothing}
  ${row.largest ? objectLink(context, "the largest", row.largest) : nothing}`;
}
