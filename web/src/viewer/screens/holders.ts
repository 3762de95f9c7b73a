// The dominator tree: what retains most, as a picture and as a list, from the whole heap down.

import { html, nothing } from "lit-html";
import type { Folded, Group, Thing } from "../answers.js";
import type { Growth } from "../../common/picture.js";
import type { Context } from "../context.js";
import { growthOf } from "../growth.js";
import { addressOf, changed, moved } from "../place.js";
import { bytes, count, plural } from "../../common/units.js";
import { share, size } from "../parts/figures.js";
import { objectLink, thing } from "../parts/links.js";
import { picture } from "../parts/picture.js";
import { quoted, same, symbol } from "../parts/commands.js";
import { choice, offsetOf, pager, table } from "../parts/table.js";
import { name } from "../parts/texts.js";
import { groupColumns } from "./classes.js";

const limit = 50;
const cells = 2000;

const lists = {
  "": "one by one",
  class: "by class",
  type: "by type",
  gem: "by gem",
  location: "by place",
};

export function holders(context: Context): unknown {
  const below = context.given("below");
  const by = context.given("by");
  return html`<p class="lead">
      What is inside a box would be free with it: a box is as large as what it <b>retains</b>. This
      is not the way in which objects refer to each other, for that see “Who holds”.
    </p>
    ${below ? crumbs(context, below) : nothing} ${colourChoice(context)}
    ${context.answer("folded", { below: below || undefined, cells }, (answer) =>
      picture({
        folded: answer,
        growth: growth(context, answer),
        places: (className, example) => placesOf(context, className, example),
        form: context.given("form") === "boxes" ? "boxes" : "rows",
        opened: (address) => {
          location.hash = down(context, address);
        },
        chosen: (form) => {
          location.hash = addressOf(changed(context.place, { form }));
        },
      }),
    )}
    <h2>${below ? "What it dominates directly" : "As a list"}</h2>
    ${choice(context, "List", "by", lists, by)} ${list(context, below, by)}
    ${same(context, {
      command: ["top", ...(below ? [below] : []), ...(by ? ["--by", by] : [])],
      ruby: below
        ? `.dominated(${quoted(below)})`
        : by
          ? `.top_groups(by: ${symbol(by)})`
          : ".top(limit: 50)",
    })}`;
}

/** The address of the same below an object, or of everything if it is "". */
function down(context: Context, below: string): string {
  return addressOf(changed(context.place, { below }));
}

function downLink(context: Context, words: unknown, below: string): unknown {
  return html`<a href=${down(context, below)}>${words}</a>`;
}

/** From everything down to the object below which is shown. */
function crumbs(context: Context, below: string): unknown {
  return context.answer("object", { object: below, paths: 0 }, (answer) => {
    const above = [...answer.dominators].reverse();
    return html`<p class="crumbs">
      ${downLink(context, "everything", "")} ${answer.more_dominators ? " › …" : nothing}
      ${above.map((one) => html` › ${one.address ? downLink(context, name(one.words), one.address) : name(one.words)}`)}
      › <b>${name(answer.object.words)}</b> (${objectLink(context, below, below)})
    </p>`;
  });
}

const schemes = { "": "class", growth: "growth since the baseline" };

function colourChoice(context: Context): unknown {
  if (!context.baseline || context.given("below")) return nothing;
  return choice(context, "Colours show", "colour", schemes, context.given("colour"));
}

const remembered = new WeakMap<Folded, WeakMap<Folded, Growth>>();

/** How much each cell has grown; undefined where colours tell classes apart. */
function growth(context: Context, folded: Folded): Growth | undefined {
  const { baseline } = context;
  if (!baseline || context.given("below") || context.given("colour") !== "growth") return undefined;
  const before = context.known("folded", { dump: baseline.id, cells });
  if (!before) return undefined;
  const known = remembered.get(folded)?.get(before);
  if (known) return known;
  const found = growthOf(before, folded);
  remembered.set(folded, new WeakMap([[before, found]]));
  return found;
}

/** Where a cell of objects of a class leads. */
function placesOf(context: Context, className: string, example: string | null): [string, string][] {
  const to = (screen: string, parameters: Record<string, string>, object = "") =>
    addressOf(moved(context.place, screen, parameters, object));
  const named: [string, string][] = /^[A-Z][\w:]*$/.test(className)
    ? [
        ["objects of this class", to("objects", { class: className })],
        ["who holds them", to("holding", { class: className })],
      ]
    : [];
  return [
    ...named,
    ...(example ? [["one of them", to("object", {}, example)] as [string, string]] : []),
  ];
}

function list(context: Context, below: string, by: string): unknown {
  const baseline = below ? undefined : context.baseline;
  const grouped = { by, below: below || undefined, baseline: baseline?.id, limit: 100 };
  if (by)
    return context.answer(
      "top_groups",
      grouped,
      (answer) =>
        html`${table(context, {
          caption: plural(answer.total, "group"),
          columns: groupColumns(
            context,
            { by, bytes: context.dump.live_bytes ?? 0, dominators: true },
            baseline !== undefined,
          ),
          rows: [...answer.items, ...(answer.rest ? [answer.rest] : [])] as Group[],
        })}
        ${
          !answer.rest && answer.items.length < answer.total
            ? html`<p class="note">
                ${count(answer.total - answer.items.length)} more, which changed less, are not
                shown.
              </p>`
            : nothing
        }`,
    );
  const parameters = { offset: offsetOf(context) || undefined, limit };
  if (!below)
    return context.answer(
      "top",
      parameters,
      (answer) =>
        html`${objects(context, answer.items, answer.live_bytes)}
          ${pager(context, answer.total, limit, "objects")}
          <p class="note">
            Besides:
            ${Object.entries(answer.besides)
              .filter(([, one]) => one.bytes > 0)
              .map(([what, one]) => `${besides[what] ?? what} ${bytes(one.bytes)}`)
              .join(", ")},
            which every Ruby process has.
          </p>`,
    );
  return context.answer(
    "dominated",
    { object: below, ...parameters },
    (answer) =>
      html`${objects(context, answer.items, answer.object.retained ?? 0)}
      ${pager(context, answer.total, limit, "objects")}`,
  );
}

const besides: Record<string, string> = {
  vm: "the VM",
  code: "code",
  stack: "stacks",
  tracing: "tracing",
};

function objects(
  context: Context,
  items: (Thing & { held_by?: string | null })[],
  whole: number,
): unknown {
  const held = items.some((one) => one.held_by);
  return table(context, {
    caption: "Objects, by retained size",
    columns: [
      { name: "object", kind: "name", cell: (one) => thing(context, one) },
      { name: "retained", kind: "number", cell: (one) => size(one.retained) },
      { name: "share", kind: "word", cell: (one) => share(one.retained, whole) },
      { name: "own", explained: "its own size", kind: "number", cell: (one) => size(one.bytes) },
      {
        name: "objects",
        explained: "free with it",
        kind: "number",
        cell: (one) => count(one.retained_objects ?? 0),
      },
      held ? { name: "held by", kind: "text", cell: (one) => name(one.held_by) } : undefined,
      {
        name: "",
        kind: "word",
        cell: (one) => (one.address ? downLink(context, "go down", one.address) : nothing),
      },
    ],
    rows: items,
  });
}
