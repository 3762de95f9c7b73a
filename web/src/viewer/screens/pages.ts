// The pages of the Ruby heap: how full they are, which says whether memory can go back.

import { html, nothing } from "lit-html";
import type { Pages } from "../answers.js";
import type { Context } from "../context.js";
import { bytes, count, percent } from "../../common/units.js";
import { number, share } from "../parts/figures.js";
import { link } from "../parts/links.js";
import { same } from "../parts/commands.js";
import { table } from "../parts/table.js";

export function pages(context: Context): unknown {
  return html`${context.answer("pages", {}, (answer) => found(context, answer))}
  ${same(context, { command: ["summary"], ruby: ".summary.memory" })}`;
}

const where = "page = sparse";

function found(context: Context, answer: Pages): unknown {
  if (answer.pages === null)
    return html`<p class="lead">This dump does not say what pages there are.</p>`;
  const { page_bytes: size, free_bytes: free, sparse_pages: sparse } = answer;
  return html`<p class="lead">
      ${count(answer.pages)} pages with ${bytes(size ?? 0)}, of which ${bytes(free ?? 0)}
      (${percent(free ?? 0, size ?? 0)}) is free.
    </p>
    ${
      sparse
        ? html`<p>
            ${count(sparse)} pages are nearly empty: a tenth of their slots is live, or less.
            ${number(answer.sparse_objects)} objects keep them:
            ${link(context, "list them", "objects", { where })}, or see
            ${link(context, "who holds them", "holding", { where })}. <code>GC.compact</code> would
            move them together.
          </p>`
        : html`<p>No page is nearly empty, so there is no fragmentation.</p>`
    }
    ${
      answer.heaps.length > 0
        ? table(context, {
            caption: "By the size of slots",
            columns: [
              { name: "slot", kind: "name", cell: (one) => bytes(one.slot_size) },
              { name: "pages", kind: "number", cell: (one) => count(one.pages) },
              { name: "slots", kind: "number", cell: (one) => count(one.slots) },
              { name: "free", kind: "number", cell: (one) => count(one.free) },
              {
                name: "share",
                explained: "that is free",
                kind: "word",
                cell: (one) => share(one.free, one.slots),
              },
            ],
            rows: answer.heaps,
          })
        : nothing
    }`;
}
