// Objects that meet conditions, in pages.

import { html, nothing } from "lit-html";
import type { Found } from "../answers.js";
import type { Parameters } from "../api.js";
import type { Context } from "../context.js";
import { addressOf } from "../place.js";
import { bytes, objects as inWords } from "../../common/units.js";
import { number, size } from "../parts/figures.js";
import { form } from "../parts/form.js";
import type { Field } from "../parts/form.js";
import { link, thing } from "../parts/links.js";
import { quoted, same, symbol } from "../parts/commands.js";
import { choice, offsetOf, pager, table } from "../parts/table.js";
import { name } from "../parts/texts.js";

const limit = 100;

const types =
  "OBJECT STRING ARRAY HASH SYMBOL CLASS MODULE STRUCT DATA FILE REGEXP MATCH BIGNUM FLOAT RATIONAL COMPLEX ICLASS IMEMO";

export const conditionFields: Field[] = [
  { parameter: "class", label: "Class", example: "Session" },
  {
    parameter: "type",
    label: "Type",
    options: { "": "any", ...Object.fromEntries(types.split(" ").map((one) => [one, one])) },
  },
  { parameter: "min_size", label: "Own bytes at least", example: "1024", narrow: true },
  { parameter: "value", label: "Text in strings, symbols, regexps" },
  {
    parameter: "where",
    label: "Conditions",
    example: "is_a = Session and @state == :open and size > 1k",
    wide: true,
  },
];

const sorts: Record<string, string> = {
  retained: "retained size",
  size: "own size",
  length: "length",
  referrers: "referrers",
  address: "address",
};

/** The conditions of the place, as parameters of a question. */
export function conditions(context: Context): Parameters {
  const names = ["class", "type", "min_size", "value", "where"];
  return Object.fromEntries(names.map((one) => [one, context.given(one) || undefined]));
}

/** The conditions as options of a command, and as keywords of Ruby. */
export function asOptions(given: Parameters): [string[], string] {
  const set = Object.entries(given).filter((pair) => pair[1] !== undefined);
  const options = set.flatMap(([key, value]) => [`--${key.replace("_", "-")}`, String(value)]);
  const inRuby = (key: string, value: string) =>
    key === "min_size" && /^\d+$/.test(value) ? String(Number(value)) : quoted(value);
  return [options, set.map(([key, value]) => `${key}: ${inRuby(key, String(value))}`).join(", ")];
}

export function objects(context: Context): unknown {
  const sort = context.given("sort", "retained");
  const given = conditions(context);
  const [options, keywords] = asOptions(given);
  const parameters = { ...given, sort, offset: offsetOf(context) || undefined, limit };
  return html`${form(context, "Conditions", conditionFields)} ${grammar()}
  ${choice(context, "Largest first by", "sort", sorts, sort)}
  ${context.answer("find", parameters, ({ total, items }) => list(context, total, items))}
  ${options.length > 0 ? together(context, given) : nothing}
  ${same(context, {
    command: ["find", ...(options.length > 0 ? options : ["--min-size", "0"]), "--sort", sort],
    ruby: `.find(${[keywords, `sort: ${symbol(sort)}`].filter((one) => one !== "").join(", ")})`,
  })}`;
}

function list(context: Context, total: number, items: Found[]): unknown {
  if (total === 0) return html`<p class="lead">No object meets these conditions.</p>`;
  const placed = items.some((one) => one.location);
  return html`${table(context, {
    caption: inWords(total),
    columns: [
      { name: "object", kind: "name", cell: (one) => thing(context, one) },
      {
        name: "retained",
        explained: "would be free if it were",
        kind: "number",
        cell: (one) => size(one.retained),
      },
      { name: "bytes", explained: "its own", kind: "number", cell: (one) => size(one.bytes) },
      { name: "class", kind: "text", cell: (one) => name(one.class ?? one.kind ?? one.type) },
      placed ? { name: "allocated", kind: "text", cell: (one) => name(one.location) } : undefined,
    ],
    rows: items,
  })}
  ${pager(context, total, limit, "objects")}`;
}

function together(context: Context, given: Parameters): unknown {
  const asked = context.given("together") === "1";
  const texts = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, String(value ?? "")]),
  );
  return html`<p>
    ${
      asked
        ? context.answer(
            "retained",
            given,
            (answer) =>
              html`Together these ${number(answer.total)} objects retain
                <b>${bytes(answer.retained)}</b> in ${number(answer.retained_objects)} objects;
                their own size is ${bytes(answer.bytes)}.`,
          )
        : html`<a
            href=${addressOf({ ...context.place, parameters: { ...context.place.parameters, together: "1" } })}
            >What do they retain together?</a
          >`
    }
    ${link(context, "Who holds them?", "holding", texts)}
  </p>`;
}

function grammar(): unknown {
  return html`<details class="help">
    <summary>What conditions can say</summary>
    <p>Conditions are joined by <code>and</code>:</p>
    <dl class="grammar">
      <dt><code>class = Name</code>, <code>is_a = Name</code></dt>
      <dd>their class; <code>is_a</code>: or one of its subclasses</dd>
      <dt><code>type = STRING</code></dt>
      <dd>as in the dump</dd>
      <dt><code>size &gt; 64k</code></dt>
      <dd>
        the size in bytes; also <code>retained</code> (bytes), <code>objects</code> (that would be
        free with it) and <code>length</code>
      </dd>
      <dt><code>flag = finalizer</code></dt>
      <dd>
        it has a finalizer; also <code>frozen</code>, <code>old</code>, <code>shared</code>,
        <code>singleton</code>, <code>error</code>
      </dd>
      <dt><code>page = sparse</code></dt>
      <dd>it lies on a page of the heap of which a tenth of the slots or less is live</dd>
      <dt><code>proc = "app/bus.rb:9"</code></dt>
      <dd>it is a proc that is written there</dd>
      <dt><code>held_by = Name</code>, <code>holds = Name</code></dt>
      <dd>an object of that class, or at that address, refers to it, or it to that directly</dd>
      <dt><code>@state == :open</code></dt>
      <dd>
        an instance variable: a <code>:symbol</code>, <code>"text"</code>, number,
        <code>true</code>, <code>false</code>, <code>nil</code> or address; numbers also with
        <code>&lt;</code> and <code>&gt;</code>, texts and symbols also with <code>=~ /text/i</code>
      </dd>
    </dl>
  </details>`;
}
