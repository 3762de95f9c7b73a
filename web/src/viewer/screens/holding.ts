// Who holds a set of objects: the best paths to all of them, merged into one tree.

import { html, nothing } from "lit-html";
import type { Branch, MergedPaths } from "../answers.js";
import type { Context } from "../context.js";
import { inverted } from "../inverted.js";
import { addressOf, changed } from "../place.js";
import { bytes, count, objects, plural } from "../../common/units.js";
import { change, share, size } from "../parts/figures.js";
import { form } from "../parts/form.js";
import { classLink, link, objectLink } from "../parts/links.js";
import { quoted, same } from "../parts/commands.js";
import { choice, table } from "../parts/table.js";
import { name, short } from "../parts/texts.js";
import { asOptions, conditionFields, conditions } from "./objects.js";

const most = 150; // branches

interface Line {
  branch: Branch;
  /** Its number among the branches. */
  at: number;
  depth: number;
  /** How many more objects than in the baseline; null if that is not known. */
  grown: number | null;
}

export function holding(context: Context): unknown {
  const given = conditions(context);
  const [options, keywords] = asOptions(given);
  const set = options.length > 0;
  const without = context.given("without");
  const onlyClass = options.length === 2 && options[0] === "--class" ? options[1] : undefined;
  return html`<p class="lead">
      For a set of objects: through which references they are held, and how many through each. The
      way with most of them is first.
    </p>
    ${form(context, "Which objects", conditionFields, { without: "" })}
    ${
      set
        ? context.answer("merged_paths", { ...given, limit: most }, (answer) =>
            without === "" ? paths(context, answer) : pruned(context, answer, without),
          )
        : suggestions(context)
    }
    ${
      set
        ? html`<p>${link(context, "List these objects", "objects", texts(context))}</p>
            ${same(context, {
              command:
                onlyClass && without === ""
                  ? ["why", onlyClass, "--tree", String(most)]
                  : undefined,
              ruby: `.merged_paths({ ${keywords} }, limit: ${most}${without === "" ? "" : `, without: ${/^\d+$/.test(without) ? Number(without) : quoted(without)}`})`,
            })}`
        : nothing
    }`;
}

function texts(context: Context): Record<string, string> {
  const given = Object.entries(conditions(context));
  return Object.fromEntries(given.map(([key, value]) => [key, String(value ?? "")]));
}

/** Where to begin, if nobody has said of which objects. */
function suggestions(context: Context): unknown {
  return context.answer(
    "histogram",
    { limit: 12 },
    ({ items }) =>
      html`<h2>Classes that retain most</h2>
        <ul class="links">
          ${items.map(
            (row) =>
              html`<li>
                ${classLink(context, name(row.label), row, "holding")}: ${objects(row.objects)}
                retain ${size(row.retained)}
              </li>`,
          )}
        </ul>`,
  );
}

/** From the roots to the objects, or from the objects to the roots. */
function paths(context: Context, answer: MergedPaths, without = false): unknown {
  const begins = { "": "the roots", "1": "the objects" };
  const first = context.given("invert");
  return html`${choice(context, "Begin at", "invert", begins, first)}
  ${first === "1" && answer.items.length > 1 ? turned(context, answer) : found(context, answer, without)}`;
}

function turned(context: Context, answer: MergedPaths): unknown {
  const { items, whole } = inverted(answer);
  const all = items[0]?.objects ?? 0;
  return html`<p>
      Each line says through what the objects of the line above it are held: first what refers to
      them, below that what holds it, up to the roots.
      ${whole ? "" : "What is further from the objects than these lines is left out."}
    </p>
    ${table(context, {
      caption: `What leads to them, in ${plural(items.length, "branch", "branches")}`,
      columns: [
        { name: "through", kind: "name", cell: (line) => step(context, line) },
        {
          name: "objects",
          explained: "are held through here and all above",
          kind: "number",
          cell: ({ branch }) => `${count(branch.objects)} of ${count(all)}`,
        },
        { name: "share", kind: "word", cell: ({ branch }) => share(branch.objects, all) },
        {
          name: "bytes",
          explained: "of their own",
          kind: "number",
          cell: ({ branch }) => size(branch.bytes),
        },
      ],
      rows: lines({ items }),
    })}`;
}

/** The same as if the references that lead to a branch did not hold, which may be undone. */
function pruned(context: Context, all: MergedPaths, without: string): unknown {
  const way = waysOf(all.items)[Number(without)] ?? "";
  const parameters = { ...conditions(context), limit: most, without };
  return html`<p>
      Without “${name(way.trim().replaceAll("\n", " → "))}”.
      <a href=${addressOf(changed(context.place, { without: "" }))}>Back to all paths</a>
    </p>
    ${context.answer("merged_paths", parameters, (answer) => {
      const { cut, released, released_bytes: size } = answer;
      const left = answer.items[0]?.objects ?? 0;
      return html`<p class="answer">
          As if ${plural(cut ?? 0, "reference")} did not hold: ${left === 0 ? "none" : count(left)}
          of ${objects(left + (released ?? 0))} ${left === 1 ? "is" : "are"} still held by other
          ways, and ${count(released ?? 0)} with ${bytes(size ?? 0)} of their own would be free.
        </p>
        ${left === 0 ? nothing : paths(context, answer, true)}`;
    })}`;
}

function found(context: Context, answer: MergedPaths, without = false): unknown {
  const all = answer.items[0];
  if (!all || all.objects === 0)
    return html`<p class="lead">
      ${
        answer.garbage > 0
          ? `Nothing holds them: all ${count(answer.garbage)} are garbage (${bytes(answer.garbage_bytes)}).`
          : "There is no such object."
      }
    </p>`;
  const baseline = without ? undefined : context.baseline;
  const compared = baseline && before(context);
  return html`<p class="lead">
      ${objects(all.objects)} with ${bytes(all.bytes)} of their own retain ${bytes(all.retained)} at
      least.${answer.garbage > 0 ? ` ${objects(answer.garbage)} more are garbage.` : ""}
    </p>
    ${table(context, {
      caption: `The paths to them, in ${count(answer.total)} branches`,
      columns: [
        { name: "through", kind: "name", cell: (line) => step(context, line) },
        {
          name: "objects",
          explained: "are held through here",
          kind: "number",
          cell: ({ branch }) => `${count(branch.objects)} of ${count(all.objects)}`,
        },
        { name: "share", kind: "word", cell: ({ branch }) => share(branch.objects, all.objects) },
        baseline
          ? {
              name: "Δ objects",
              explained: "since the baseline",
              kind: "number",
              cell: ({ grown }) => (compared ? change(grown, count) : "…"),
            }
          : undefined,
        {
          name: "bytes",
          explained: "of their own",
          kind: "number",
          cell: ({ branch }) => size(branch.bytes),
        },
        {
          name: "retained",
          explained: "by them, at least",
          kind: "number",
          cell: ({ branch }) => size(branch.retained),
        },
        {
          name: "end here",
          explained: "the objects themselves",
          kind: "number",
          cell: ({ branch }) => (branch.own_objects > 0 ? count(branch.own_objects) : ""),
        },
        without
          ? undefined
          : {
              name: "without it",
              explained: "are they held by other ways?",
              kind: "word",
              cell: ({ branch, at }) => (branch.edge ? prune(context, branch, at) : ""),
            },
      ],
      rows: lines(answer, compared),
    })}`;
}

function prune(context: Context, { text }: Branch, at: number): unknown {
  return html`<a
    href=${addressOf(changed(context.place, { without: String(at) }))}
    aria-label=${`Without this branch: ${short(text)}`}
    >without this</a
  >`;
}

/** The numbers of objects in the baseline. */
export interface Before {
  byWay: Map<string, number>;
  /** Whether these are all ways. */
  all: boolean;
}

export function beforeOf({ items }: MergedPaths): Before {
  const ways = waysOf(items);
  return {
    byWay: new Map(items.map((branch, at) => [ways[at] ?? "", branch.objects])),
    all: !items.some((branch) => branch.other),
  };
}

const none: MergedPaths = {
  total: 0,
  items: [],
  garbage: 0,
  garbage_bytes: 0,
  cut: null,
  released: null,
  released_bytes: null,
};

function before(context: Context): Before | undefined {
  const { baseline } = context;
  if (!baseline) return undefined;
  const parameters = { ...conditions(context), dump: baseline.id, limit: most };
  const earlier = context.known("merged_paths", parameters, none);
  return earlier && beforeOf(earlier);
}

/** From the first branch to each one, in words: what is the same in another dump. */
function waysOf(branches: readonly Branch[]): string[] {
  const ways: string[] = [];
  for (const { parent, text } of branches)
    ways.push(parent === null ? "" : `${ways[parent] ?? ""}\n${text}`);
  return ways;
}

/** The branches from top to bottom, each behind the one it grows from. */
export function lines({ items }: Pick<MergedPaths, "items">, compared?: Before): Line[] {
  const ways = waysOf(items);
  const depths: number[] = [];
  for (const { parent } of items) depths.push(parent === null ? 0 : (depths[parent] ?? 0) + 1);
  const below = new Map<number | null, number[]>();
  items.forEach(({ parent }, at) => {
    below.set(parent, [...(below.get(parent) ?? []), at]);
  });
  const found: Line[] = [];
  const open = [...(below.get(null) ?? [])].reverse();
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const branch = items[at];
    if (!branch) continue;
    const old = compared?.byWay.get(ways[at] ?? "") ?? (compared?.all ? 0 : undefined);
    const grown = old !== undefined && !branch.other ? branch.objects - old : null;
    found.push({ branch, at, depth: depths[at] ?? 0, grown });
    open.push(...[...(below.get(at) ?? [])].reverse());
  }
  return found;
}

const deepest = 12; // steps of indentation that there are styles for

function step(context: Context, { branch, depth }: Line): unknown {
  const words = name(branch.text);
  return html`<span class="depth-${Math.min(depth, deepest)}"
    >${depth > deepest ? "· ".repeat(Math.min(depth - deepest, 20)) : ""}${depth > 0 ? "└ " : ""}${
      branch.example ? objectLink(context, words, branch.example) : words
    }</span
  >`;
}
