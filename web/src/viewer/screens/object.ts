// One object, in the order of the questions about it: who keeps it alive, how large it is, what it
// consists of, what it refers to, who refers to it, and what would go with it.

import { html, nothing } from "lit-html";
import type { ObjectAnswer, Reference, ReferenceGroup, Thing } from "../answers.js";
import type { Context } from "../context.js";
import { addressOf, changed } from "../place.js";
import { bytes, count, objects as objectsInWords, plural } from "../../common/units.js";
import { number, size } from "../parts/figures.js";
import { link, objectLink, thing } from "../parts/links.js";
import { pathOfObject } from "../parts/paths.js";
import { quoted, same } from "../parts/commands.js";
import { table } from "../parts/table.js";
import { name, short } from "../parts/texts.js";
import { groupColumns } from "./classes.js";

const many = 50; // references of a list

export function object(context: Context): unknown {
  const address = context.place.object;
  return html`${context.answer("object", { object: address }, (answer) => about(context, answer))}
  ${same(
    context,
    { command: ["show", address], ruby: `.object(${quoted(address)})` },
    { command: ["why", address], ruby: `.paths(${quoted(address)})` },
  )}`;
}

function about(context: Context, answer: ObjectAnswer): unknown {
  const one = answer.object;
  return html`<p class="lead">
      <b>${name(one.words)}</b> <span class="address">${one.address}</span>
    </p>
    ${facts(context, answer)}
    <h2>Who keeps it alive</h2>
    ${kept(context, answer)}
    <h2>What it consists of</h2>
    ${line(context, answer)} ${one.retained ? below(context, one) : nothing}
    <h2>What it refers to</h2>
    ${references(context, "references", answer.references)}
    <h2>What refers to it</h2>
    ${references(context, "referrers", answer.referrers)}`;
}

function facts(context: Context, answer: ObjectAnswer): unknown {
  const one = answer.object;
  const others = (one.retained_objects ?? 1) - 1;
  const rows: [string, unknown][] = [
    ["own size", size(one.bytes)],
    [
      "retains",
      one.retained === null || one.retained === undefined
        ? "not known, because the dump is not whole"
        : html`<b>${bytes(one.retained)}</b>${
              others > 0
                ? ` with ${objectsInWords(others)} that nothing else holds`
                : ", nothing but itself"
            }`,
    ],
    [
      "class",
      one.class_address
        ? objectLink(context, name(one.class), one.class_address)
        : name(one.class ?? one.type),
    ],
    [
      "allocated",
      one.location ? name([one.location, one.method].filter(Boolean).join(" in ")) : "not traced",
    ],
  ];
  if (one.generation !== null) rows.push(["generation", number(one.generation)]);
  if (one.flags.length > 0) rows.push(["flags", one.flags.join(", ")]);
  if (answer.instances > 0)
    rows.push([
      "instances",
      one.name
        ? link(context, count(answer.instances), "objects", { class: one.name })
        : count(answer.instances),
    ]);
  if (answer.frames)
    rows.push(["frames", link(context, count(answer.frames), "threads", {}, one.address ?? "")]);
  return html`<dl class="facts">
    ${rows.map(
      ([words, value]) =>
        html`<div>
          <dt>${words}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function kept(context: Context, answer: ObjectAnswer): unknown {
  if (answer.object.reachable === false)
    return html`<p>Nothing: it is garbage, and the next major GC frees it.</p>`;
  return html`${dominators(context, answer)}
    <p class="note">
      The paths below lead from a root to it, the one that explains most first. It lives as long as
      one of them is there.
    </p>
    ${answer.paths.slice(0, 1).map((path) => pathOfObject(context, path))}
    ${
      answer.paths.length > 1
        ? html`<details>
            <summary>${plural(answer.paths.length - 1, "other path")}</summary>
            ${answer.paths.slice(1).map((path) => pathOfObject(context, path))}
          </details>`
        : nothing
    }`;
}

/** Whether all paths but the first lead through caches. Paths that explain more come first. */
function alone({ paths: [first, second] }: ObjectAnswer): boolean {
  return first?.rank === "named" && second?.rank === "cache";
}

/** The line that opens the list of dominators. */
function dominatorsInWords(answer: ObjectAnswer): string {
  const length = answer.dominators.length;
  const more = answer.more_dominators;
  if (length === 1 && !more) return "One object that alone holds it (its dominator)";
  const many = `${count(length)}${more ? " or more" : ""} objects`;
  return `${many} of which each one alone holds it (its dominators), the nearest first`;
}

function dominators(context: Context, answer: ObjectAnswer): unknown {
  if (answer.dominators.length === 0)
    return html`<p>
      ${alone(answer) ? "One path holds it, besides caches of the VM, which are no cause." : "No single object: more than one path leads to it, as below."}
    </p>`;
  return html`<details class="dominators">
    <summary>${dominatorsInWords(answer)}</summary>
    <ol>
      ${answer.dominators.map(
        (one) => html`<li>${thing(context, one)} retains ${size(one.retained)}</li>`,
      )}
    </ol>
  </details>`;
}

function below(context: Context, one: Thing): unknown {
  const address = one.address ?? "";
  return html`<h2>What would be free with it</h2>
    <p>
      ${link(context, "As a picture, and level by level", "holders", { below: address })};
      ${link(context, "all of it by class", "classes", { below: address })}.
    </p>
    ${context.answer("top_groups", { below: address, limit: 10, all: 1 }, (answer) =>
      answer.total === 0
        ? html`<p>Nothing else.</p>`
        : table(context, {
            caption: "What it dominates directly, by class",
            columns: groupColumns(context, {
              by: "class",
              bytes: one.retained ?? 0,
              whole: "of what it retains",
              dominators: true,
            }),
            rows: [...answer.items, ...(answer.rest ? [answer.rest] : [])].map((row) => ({
              ...row,
              key: null,
            })),
          }),
    )}`;
}

/** The line of the dump: what is an address leads to the object. */
function line(context: Context, answer: ObjectAnswer): unknown {
  const text = JSON.stringify(answer.line, null, 2);
  const parts = text.split(/("0x[0-9a-f]+")/);
  return html`<details class="line" ?open=${text.length < 2000}>
    <summary>Its line in the dump; long texts and lists are cut</summary>
    <pre>
${parts.map((part, at) =>
        at % 2 === 1 ? objectLink(context, part, part.slice(1, -1)) : short(part, 20_000),
      )}</pre>
  </details>`;
}

/** References, or those to it: in groups, and one by one if they are asked for. */
function references(context: Context, which: "references" | "referrers", total: number): unknown {
  if (total === 0) return html`<p>Nothing.</p>`;
  const object = context.place.object;
  const groups = which === "references" ? "reference_groups" : "referrer_groups";
  const offset = Number(context.given(which, total <= many ? "0" : "-1"));
  return html`${context.answer(groups, { object, limit: 30 }, ({ items }) =>
    items.length < total ? grouped(context, which, items) : nothing,
  )}
  ${
    offset < 0
      ? html`<p>${to(context, which, 0, `Show all ${count(total)}, one by one`)}</p>`
      : context.answer(
          which,
          { object, offset, limit: many },
          ({ items }) =>
            html`${list(context, which, items, total)} ${pages(context, which, offset, total)}`,
        )
  }`;
}

function grouped(context: Context, which: string, groups: ReferenceGroup[]): unknown {
  return table(context, {
    caption: `In groups: ${which === "references" ? "where they lead" : "where they come from"}`,
    columns: [
      {
        name: "reference",
        kind: "name",
        cell: (group) => name(group.edge ?? group.kind ?? "all others"),
      },
      { name: "class", kind: "text", cell: (group) => name(group.words) },
      { name: "how many", kind: "number", cell: (group) => number(group.references) },
      {
        name: "for example",
        kind: "text",
        cell: (group) => (group.example ? thing(context, group.example) : ""),
      },
    ],
    rows: groups,
  });
}

function list(context: Context, which: string, items: Reference[], total: number): unknown {
  const outwards = which === "references";
  return table(context, {
    caption: `${count(total)} ${total === 1 ? "reference" : "references"}`,
    columns: [
      {
        name: "reference",
        kind: "name",
        cell: (one) => name([one.frame, one.edge].filter(Boolean).join(" → ") || one.kind),
      },
      { name: outwards ? "to" : "from", kind: "text", cell: (one) => thing(context, one) },
      {
        name: "retained",
        explained: "by that object",
        kind: "number",
        cell: (one) => size(one.retained),
      },
      outwards
        ? undefined
        : { name: "without it", kind: "text", cell: (one) => without(context, one) },
    ],
    rows: items,
  });
}

/** What would be free without a reference, if that was asked. */
function without(context: Context, one: Reference): unknown {
  if (!one.address) return "";
  if (context.given("without") !== one.address) {
    const to = addressOf({
      ...context.place,
      parameters: { ...context.place.parameters, without: one.address },
    });
    return html`<a href=${to}>what would be free?</a>`;
  }
  const parameters = { from: one.address, object: context.place.object };
  return context.answer("cut", parameters, (answer) =>
    answer.objects > 0
      ? html`<b>${bytes(answer.bytes)}</b> in ${objectsInWords(answer.objects)}`
      : html`nothing${answer.held_by ? html`: ${thing(context, answer.held_by)} holds it, too` : nothing}`,
  );
}

function to(context: Context, which: string, offset: number, words: string): unknown {
  const place = changed(context.place, { [which]: String(offset) });
  return html`<a href=${addressOf(place)}>${words}</a>`;
}

function pages(context: Context, which: string, offset: number, total: number): unknown {
  if (total <= many) return nothing;
  return html`<nav class="pager" aria-label="Pages of ${which}">
    ${offset > 0 ? to(context, which, Math.max(0, offset - many), "‹ previous") : nothing}
    <span>${count(offset + 1)}–${count(Math.min(offset + many, total))} of ${count(total)}</span>
    ${offset + many < total ? to(context, which, offset + many, "next ›") : nothing}
  </nav>`;
}
