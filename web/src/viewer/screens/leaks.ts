// What leaks, by all dumps together: a card for each suspect, and what grew and is not accused.

import { html, nothing } from "lit-html";
import type { Leaks, Suspect, SuspectWords } from "../answers.js";
import { mostDumps } from "../context.js";
import type { Context } from "../context.js";
import { bytes, count } from "../../common/units.js";
import { size, sparkline } from "../parts/figures.js";
import { link } from "../parts/links.js";
import { pathOfSuspect } from "../parts/paths.js";
import { copied, same } from "../parts/commands.js";
import { table } from "../parts/table.js";
import { name, sentence } from "../parts/texts.js";

export function leaks(context: Context): unknown {
  if (context.dumps.length < 2)
    return html`<p class="lead">
      A leak shows in several dumps of one process, with some work between them. Take two more, and
      give all three to <code>heapdump ui</code>.
    </p>`;
  return html`${verdict(context, (answer) => all(context, answer))}
  ${same(context, {
    command: ["leaks"],
    about: "all",
    rubyOfAll: (files) => `HeapDump.leaks(${files.join(", ")})`,
  })}`;
}

/** The verdict about all dumps. */
export function verdict(context: Context, show: (answer: Leaks) => unknown): unknown {
  const dumps = context.lastDumps().map((dump) => dump.id);
  return context.ask("leaks", { dumps: dumps.join(",") }, show);
}

function all(context: Context, answer: Leaks): unknown {
  return html`<p class="verdict ${answer.suspects.length > 0 ? "bad" : "calm"}">
      ${sentence(answer.sentence)}
    </p>
    ${answer.warnings.map((warning) => html`<p class="warning">${sentence(warning)}</p>`)}
    ${answer.suspects.map((suspect, at) => card(context, suspect, at + 1))}
    ${
      answer.left_out.suspects > 0
        ? html`<p class="note">
            ${count(answer.left_out.suspects)} smaller suspects are not shown here.
          </p>`
        : nothing
    }
    ${
      context.dumps.length > mostDumps
        ? html`<p class="note">
            This is about the last ${count(mostDumps)} of ${count(context.dumps.length)} dumps.
          </p>`
        : nothing
    }
    ${cleared(context, answer)} ${growth(context, answer)}`;
}

function series(numbers: readonly number[], words: (number: number) => string): string {
  return numbers.map(words).join(" → ");
}

function card(context: Context, suspect: Suspect & { words: SuspectWords }, at: number): unknown {
  const { words } = suspect;
  const counts = `${series(suspect.counts, count)} ${suspect.unit}`;
  const last = context.inLast(); // addresses are those of the last dump
  return html`<article class="card">
    <h2>${at}. ${name(suspect.class)}</h2>
    <p class="answer">${sentence(words.sentence)}</p>
    <div class="numbers">
      ${sparkline(suspect.counts, counts)}
      <p><b>${counts}</b><br />retained <b>${series(suspect.retained, bytes)}</b></p>
    </div>
    <dl>
      <dt>Where to change the code</dt>
      <dd><b>${sentence(words.place)}</b><br />${sentence(words.gathering)}</dd>
      <dt>Held by</dt>
      <dd>${sentence(words.held)}</dd>
      <dt>How sure</dt>
      <dd>${sentence(`${suspect.confidence} (${suspect.reasons.join("; ")})`)}</dd>
      ${
        suspect.company.length > 0
          ? html`<dt>With it grow</dt>
              <dd>${sentence(suspect.company.join("; "))}</dd>`
          : nothing
      }
    </dl>
    <h3>The path to one of them</h3>
    ${pathOfSuspect(last, words.path)}
    <p>
      ${link(last, "This object", "object", {}, words.address)};
      ${link(last, "who holds all of this class", "holding", { class: suspect.class })}
    </p>
    <details class="ticket">
      <summary>As plain text, for a ticket</summary>
      ${copied(words.ticket.join("\n"))}
    </details>
    <details>
      <summary>If it is known and may stay</summary>
      <p>A line with its signature in a file for <code>heapdump leaks --known FILE</code>:</p>
      ${copied(`${suspect.signature} # why it may stay`)}
    </details>
  </article>`;
}

function cleared(context: Context, answer: Leaks): unknown {
  const rows = [
    ...answer.cleared.map((one) => ({
      name: one.class,
      counts: `${series(one.counts, count)} ${one.unit}`,
      held: one.holder,
      why: one.cleared_because ?? "",
    })),
    ...answer.also_grew.map((one) => ({
      name: one.class,
      counts: `${series(one.counts, count)} objects`,
      held: one.holder,
      why: one.cleared_because,
    })),
  ];
  if (rows.length === 0) return nothing;
  return html`<h2>What grew and is not accused</h2>
    ${table(context, {
      caption: "Not accused, and why",
      columns: [
        { name: "class", kind: "name", cell: (row) => name(row.name) },
        { name: "in each dump", kind: "word", cell: (row) => row.counts },
        {
          name: "held by",
          kind: "text",
          cell: (row) => sentence(row.held ?? "wherever they are held"),
        },
        { name: "why not", kind: "text", cell: (row) => sentence(row.why) },
      ],
      rows,
    })}
    ${
      answer.left_out.cleared > 0
        ? html`<p class="note">${count(answer.left_out.cleared)} more are not shown here.</p>`
        : nothing
    }`;
}

/** What a part of the memory of the process is called everywhere. */
function partName(context: Context, part: string): string {
  if (part === "rss") return "the whole process (RSS)";
  return context.known("summary", {})?.account.words[part] ?? part;
}

function growth(context: Context, answer: Leaks): unknown {
  if (answer.growth.length === 0) return nothing;
  return html`<h2>The process</h2>
    ${table(context, {
      caption: "Memory that grew in every step",
      columns: [
        {
          name: "part",
          kind: "name",
          cell: (one) => partName(context, one.part),
        },
        {
          name: "line",
          kind: "word",
          cell: (one) => sparkline(one.bytes, series(one.bytes, bytes)),
        },
        { name: "in each dump", kind: "word", cell: (one) => series(one.bytes, bytes) },
        { name: "explained by", kind: "text", cell: (one) => sentence(one.explained_by ?? "–") },
        { name: "next step", kind: "text", cell: (one) => sentence(one.next_step ?? "") },
      ],
      rows: answer.growth,
    })}
    ${
      answer.unexplained
        ? html`<p>
            For ${size(answer.unexplained)} of the growth no dump shows a reason: libraries in C, or
            the VM, have allocated it.
          </p>`
        : nothing
    }`;
}
