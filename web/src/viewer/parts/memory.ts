// The memory of the process: its RSS in parts, and what to do about each.

import { html, nothing } from "lit-html";
import type { Summary } from "../answers.js";
import type { Context } from "../context.js";
import { bytes } from "../../common/units.js";
import { change, share, size } from "./figures.js";
import { table } from "./table.js";

export function memory(context: Context, summary: Summary): unknown {
  const { account } = summary;
  const whole = account.rss;
  const parts = Object.entries(account.parts);
  const live = summary.memory.live_bytes;
  if (whole === null)
    return html`<p>
      This dump does not say how large the process was. Its live objects have ${bytes(live)}.
    </p>`;
  const before = earlier(context);
  return html`<p>
      The process had <b>${bytes(whole)}</b> in memory (RSS). What lives among its objects has
      <b>${bytes(live)}</b>, wherever that lies.
    </p>
    ${
      parts.length === 0
        ? html`<p>This dump does not say what the rest of the process is.</p>`
        : table(context, {
            caption: "What the process consists of",
            columns: [
              { name: "part", kind: "name", cell: ([key]) => account.words[key] ?? key },
              { name: "in memory", kind: "number", cell: ([, part]) => size(part) },
              { name: "share", kind: "word", cell: ([, part]) => share(part, whole) },
              before
                ? {
                    name: "Δ",
                    explained: "since the baseline",
                    kind: "number",
                    cell: ([key, part]) => change(difference(part, before.parts[key]), bytes),
                  }
                : undefined,
              {
                name: "if it is much or grows",
                kind: "text",
                cell: ([key]) =>
                  (account.reasons[key] ?? []).filter((one) => one !== null).join("; "),
              },
            ],
            rows: parts,
            rest: [
              "all of the process (RSS)",
              bytes(whole),
              "",
              ...(before ? [change(before.rss === null ? null : whole - before.rss, bytes)] : []),
            ],
          })
    }
    ${unexplained(summary) ? html`<p class="warning">${unexplained(summary)}</p>` : nothing}`;
}

/** null if one of both is not known. */
function difference(now: number, before: number | undefined): number | null {
  return before === undefined ? null : now - before;
}

function earlier(context: Context): Summary["account"] | undefined {
  const { baseline } = context;
  return baseline && context.known("summary", { dump: baseline.id })?.account;
}

/** What to say where objects do not explain most of the process. */
function unexplained({ account }: Summary): string | undefined {
  const others = ["other_malloc", "free_malloc", "rest"];
  const sum = others.reduce((all, part) => all + (account.parts[part] ?? 0), 0);
  if (account.rss === null || sum < account.rss / 4) return undefined;
  return (
    `${bytes(sum)} of the process is malloc of others, free in malloc, or rest. Objects do not ` +
    "explain that: if it grows, the table says what does."
  );
}
