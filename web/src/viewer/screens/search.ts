// What the search box finds: classes and modules by name; objects by conditions and by address have
// screens of their own.

import { html } from "lit-html";
import type { Context } from "../context.js";
import { addressOf, moved } from "../place.js";
import type { Place } from "../place.js";
import { count, plural } from "../../common/units.js";
import { size } from "../parts/figures.js";
import { classLink } from "../parts/links.js";
import { quoted, same } from "../parts/commands.js";
import { table } from "../parts/table.js";
import { name } from "../parts/texts.js";

/** Where a text leads that somebody writes into the search box. */
export function destination(place: Place, text: string): Place {
  const wanted = text.trim();
  const [, digits] = /^(?:0x)?([0-9a-f]+)$/i.exec(wanted) ?? [];
  if (digits && (/^0x/i.test(wanted) || (digits.length > 8 && /\d/.test(digits))))
    return moved(place, "object", {}, `0x${digits.toLowerCase()}`);
  if (
    /^(class|is_a|type|size|retained|length|objects|flag|page|held_by|holds|@\w+)\s*(=|!|<|>)/.test(
      wanted,
    )
  )
    return moved(place, "objects", { where: wanted });
  return moved(place, "search", { text: wanted });
}

export function search(context: Context): unknown {
  const text = context.given("text");
  return html`<h2>Classes</h2>
    ${context.answer("histogram", { filter: text, limit: 50 }, (answer) =>
      answer.items.length === 0
        ? html`<p>No class whose objects are in the dump has “${name(text)}” in its name.</p>`
        : table(context, {
            caption: `${plural(answer.total, "class", "classes")} with “${text}” in the name`,
            columns: [
              {
                name: "class",
                kind: "name",
                cell: (row) => classLink(context, name(row.label), row),
              },
              {
                name: "retained",
                explained: "by all of them, at least",
                kind: "number",
                cell: (row) => size(row.retained),
              },
              { name: "objects", kind: "number", cell: (row) => count(row.objects) },
              {
                name: "",
                kind: "word",
                cell: (row) =>
                  row.key === null ? "" : classLink(context, "who holds them", row, "holding"),
              },
            ],
            rows: answer.items,
          }),
    )}
    <h2>Texts</h2>
    <p>
      <a href=${addressOf(moved(context.place, "objects", { value: text }))}
        >Strings, symbols and regexps that contain “${name(text)}”</a
      >: this reads their contents, which takes a moment in a large dump.
    </p>
    ${same(context, { command: ["find", "--value", text], ruby: `.find(value: ${quoted(text)})` })}`;
}
