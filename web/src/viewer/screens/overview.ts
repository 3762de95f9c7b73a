// The answer first: what leaks or what is large, then the memory of the process, what is worth a
// look, and what there is most of.

import { html, nothing } from "lit-html";
import type { Leaks, Summary, Thing, Top } from "../answers.js";
import type { Context } from "../context.js";
import { bytes, count, percent, plural } from "../../common/units.js";
import { change, share, size } from "../parts/figures.js";
import { classLink, link, thing } from "../parts/links.js";
import { memory } from "../parts/memory.js";
import { same } from "../parts/commands.js";
import { table } from "../parts/table.js";
import { name, sentence } from "../parts/texts.js";
import { verdict } from "./leaks.js";

const few = 10;

export function overview(context: Context): unknown {
  return html`${context.dumps.length > 1 ? verdict(context, (answer) => leaking(context, answer)) : nothing}
    ${context.answer("top", { limit: few }, (answer) => largest(context, answer))}
    <h2>The memory of the process</h2>
    ${context.answer(
      "summary",
      {},
      (answer) =>
        html`${answer.warnings.map((one) => html`<p class="warning">${name(one)}</p>`)}
        ${memory(context, answer)} ${inspections(context, answer)}`,
    )}
    <div class="columns">
      <section>
        <h2>What is large</h2>
        ${context.answer("top", { limit: few }, (answer) =>
          table(context, {
            caption: "Objects that retain most",
            columns: [
              { name: "object", kind: "name", cell: (one) => thing(context, one) },
              { name: "retained", kind: "number", cell: (one) => size(one.retained) },
              {
                name: "share",
                kind: "word",
                cell: (one) => share(one.retained, answer.live_bytes),
              },
            ],
            rows: answer.items,
          }),
        )}
        <p>${link(context, "All of them, as a picture", "holders")}</p>
      </section>
      <section>
        <h2>What there is most of</h2>
        ${classes(context)}
        <p>${link(context, "All classes", "classes")}</p>
      </section>
    </div>
    ${same(context, { command: ["summary"], ruby: ".summary" })}`;
}

function leaking(context: Context, answer: Leaks): unknown {
  const bad = answer.suspects.length > 0;
  return html`<section class="verdict ${bad ? "bad" : "calm"}">
    <p class="answer">${sentence(answer.sentence)}</p>
    ${answer.suspects
      .slice(0, 3)
      .map(
        (one) =>
          html`<p>
            <b>${name(one.class)}</b>: ${one.counts.map(count).join(" → ")} ${one.unit}, held by
            ${sentence(one.holder)}. <b>${sentence(one.words.place)}</b>
          </p>`,
      )}
    ${unaccused(answer)}
    <p>
      ${link(context, bad ? "Who holds it, and how sure that is" : "What grew, and why it is not accused", "leaks")}
    </p>
  </section>`;
}

/** What grew more than all that is accused, and why it is not. */
function unaccused({ suspects, cleared }: Leaks): unknown {
  const grown = (numbers: readonly number[]) =>
    (numbers[numbers.length - 1] ?? 0) - (numbers[0] ?? 0);
  const accused = suspects.reduce((sum, one) => sum + grown(one.retained), 0);
  const [most] = [...cleared].sort((a, b) => grown(b.retained) - grown(a.retained));
  if (!most || grown(most.retained) <= accused) return nothing;
  return html`<p>
    ${name(most.class)} grew by ${bytes(grown(most.retained))} and is not accused:
    ${sentence(most.cleared_because ?? "")}.
  </p>`;
}

/** One sentence about one dump. */
function largest(context: Context, answer: Top): unknown {
  const big = answer.items
    .filter((one) => (one.retained ?? 0) >= answer.live_bytes / 50)
    .slice(0, 3);
  if (big.length === 0)
    return html`<p class="lead">
      No object keeps much alive: each retains less than 2 % of ${bytes(answer.live_bytes)}.
    </p>`;
  const sum = big.reduce((all, one) => all + (one.retained ?? 0), 0);
  const objects = big.length === 1 ? "One object keeps" : `${count(big.length)} objects keep`;
  return html`<p class="lead">
      ${objects} ${percent(sum, answer.live_bytes)} of all that lives alive (${bytes(sum)} of
      ${bytes(answer.live_bytes)}):
    </p>
    <ul class="links">
      ${big.map(
        (one) =>
          html`<li>
            ${thing(context, one)} retains <b>${size(one.retained)}</b>${
              one.held_by ? html`, held by ${name(one.held_by)}` : nothing
            }
          </li>`,
      )}
    </ul>`;
}

/** What is worth a look, each with what to do. */
function inspections(context: Context, summary: Summary): unknown {
  const { garbage, garbage_bytes: waste, live_bytes: live } = summary.memory;
  return html`<h2>Worth a look</h2>
    <ul class="cards">
      <li>
        <b>Equal strings</b>
        ${context.answer(
          "strings",
          { limit: 0 },
          (strings) =>
            html`${link(context, `${bytes(strings.wasted)} in ${count(strings.copies)} copies`, "strings")}`,
        )}
        <small>One copy of each would do: freeze literals, or share them.</small>
      </li>
      <li>
        <b>Garbage</b>
        <span
          >${bytes(waste)} in ${plural(garbage, "object")} (${percent(waste, waste + live)})</span
        >
        <small>The next major GC frees it. It is no leak.</small>
      </li>
      <li>
        <b>Pages with little on them</b>
        ${context.answer("pages", {}, (pages) =>
          pages.pages === null
            ? html`<span>not known</span>`
            : link(
                context,
                `${size(pages.free_bytes)} free, ${count(pages.sparse_pages ?? 0)} of ${count(pages.pages)} pages nearly empty`,
                "pages",
              ),
        )}
        <small>A page goes back to the system when nothing on it lives.</small>
      </li>
      ${counted(context, "Long arrays", "type = ARRAY and size > 80k", "What is added to and never taken out is a common leak.")}
      ${counted(context, "Room that is not used", "type = ARRAY and size > 4k and length < 16", "They were long once, and have kept the memory.")}
      ${procs(context)} ${finalizers(context)}
      <li>
        <b>Objects that many refer to</b>
        ${summary.most_referred
          .slice(0, 2)
          .map(
            (one) =>
              html`<span>${thing(context, one)}: ${count(one.references)} references</span> `,
          )}
        <small>Who refers to them tells what the heap is about.</small>
      </li>
    </ul>`;
}

const manyProcs = 100; // of one place

/** The place with most procs, if they are many. */
function procs(context: Context): unknown {
  const most = context.known("procs", { limit: 1 })?.items[0];
  if (!most || most.procs < manyProcs) return nothing;
  return html`<li>
    <b>Many procs of one place</b>
    ${link(context, html`${count(most.procs)} of ${name(most.place)}`, "procs")}
    <span>retain ${size(most.retained)}</span>
    <small>Callbacks that are added again and again, and never removed, are a common leak.</small>
  </li>`;
}

const mostCounted = 200; // objects, of which an answer has so many

/** How many objects have a finalizer, and if they are few enough to be counted, of which classes. */
function finalizers(context: Context): unknown {
  const where = "flag = finalizer";
  const answer = context.known("find", { where, limit: mostCounted });
  if (!answer?.total) return nothing;
  const classes = answer.total > mostCounted ? [] : commonest(answer.items);
  return html`<li>
    <b>Finalizers</b>
    ${link(context, plural(answer.total, "object"), "objects", { where })}
    ${
      classes.length > 0
        ? html`<span
            >${classes.map(([label, number], at) => html`${at > 0 ? ", " : ""}${count(number)} ${name(label)}`)}</span
          >`
        : nothing
    }
    <small>Each needs a GC more to be freed; a finalizer that refers to its object keeps it.</small>
  </li>`;
}

/** The three classes with most of these objects, and how many they have. */
export function commonest(objects: readonly Thing[]): [string, number][] {
  const numbers = new Map<string, number>();
  for (const one of objects) {
    const label = one.class ?? one.kind ?? one.type ?? "";
    numbers.set(label, (numbers.get(label) ?? 0) + 1);
  }
  return [...numbers].sort((a, b) => b[1] - a[1]).slice(0, 3);
}

/** A card about the objects that meet conditions, if there are some. */
function counted(context: Context, title: string, where: string, why: string): unknown {
  const answer = context.known("find", { where, limit: 0 });
  if (!answer?.total) return nothing;
  return html`<li>
    <b>${title}</b>
    ${link(context, plural(answer.total, "array"), "objects", { where })}
    <small>${why}</small>
  </li>`;
}

function classes(context: Context): unknown {
  const { baseline } = context;
  const parameters = {
    baseline: baseline?.id,
    sort: baseline ? "bytes_change" : "bytes",
    limit: few,
  };
  return context.answer("histogram", parameters, (answer) =>
    table(context, {
      caption: baseline ? "Classes that grew most" : "Classes with most bytes",
      columns: [
        {
          name: "class",
          kind: "name",
          cell: (row) => classLink(context, name(row.label), row),
        },
        { name: "bytes", kind: "number", cell: (row) => size(row.bytes) },
        baseline
          ? { name: "Δ bytes", kind: "number", cell: (row) => change(row.change?.bytes, bytes) }
          : { name: "share", kind: "word", cell: (row) => share(row.bytes, answer.bytes) },
        { name: "objects", kind: "number", cell: (row) => count(row.objects) },
      ],
      rows: answer.items,
    }),
  );
}
