// Tables whose order is a part of the address: the head of a column is a link.

import { html, nothing } from "lit-html";
import type { Context } from "../context.js";
import { addressOf, changed } from "../place.js";
import { count } from "../../common/units.js";

export interface Column<Row> {
  /** "" for a column of links. */
  name: string;
  /** What it means, in a few words. */
  explained?: string;
  kind: "name" | "number" | "word" | "text";
  /** The value of the parameter `sort` that orders by it. */
  sort?: string;
  cell: (row: Row) => unknown;
}

export interface Table<Row> {
  caption: string;
  columns: (Column<Row> | undefined)[];
  rows: readonly Row[];
  /** The order now, and whether it is turned round. */
  sort?: string;
  reverse?: boolean;
  /** A row below all others: what is left out. */
  rest?: unknown[];
}

export function table<Row>(context: Context, given: Table<Row>): unknown {
  const columns = given.columns.filter((one): one is Column<Row> => one !== undefined);
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${given.caption}>
    <table>
      <caption>
        ${given.caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => head(context, column, given))}
        </tr>
      </thead>
      <tbody>
        ${given.rows.map(
          (row) =>
            html`<tr>
              ${columns.map((column) => cell(column, column.cell(row)))}
            </tr>`,
        )}
      </tbody>
      ${given.rest ? rest(columns, given.rest) : nothing}
    </table>
  </div>`;
}

function head<Row>(context: Context, column: Column<Row>, given: Table<Row>): unknown {
  const { sort } = column;
  const explained = column.explained ? html`<small>${column.explained}</small>` : nothing;
  if (column.name === "") return html`<td></td>`;
  if (sort === undefined)
    return html`<th scope="col" class=${column.kind}>${column.name}${explained}</th>`;
  const now = given.sort === sort;
  const reverse = now && !given.reverse ? "1" : "";
  const to = addressOf(changed(context.place, { sort, reverse }));
  const rising = (column.kind === "name") !== (given.reverse ?? false);
  const order = rising ? "ascending" : "descending";
  return html`<th scope="col" class=${column.kind} aria-sort=${now ? order : "none"}>
    <a href=${to}>${column.name}${now ? (rising ? " ▲" : " ▼") : ""}</a>${explained}
  </th>`;
}

function cell<Row>(column: Column<Row>, content: unknown): unknown {
  return column.kind === "name"
    ? html`<th scope="row">${content}</th>`
    : html`<td class=${column.kind}>${content}</td>`;
}

function rest<Row>(columns: Column<Row>[], cells: unknown[]): unknown {
  return html`<tfoot>
    <tr>
      ${columns.map((column, at) => html`<td class=${column.kind}>${cells[at] ?? ""}</td>`)}
    </tr>
  </tfoot>`;
}

/** Links to the other pages of a list. */
export function pager(context: Context, total: number, limit: number, what: string): unknown {
  const offset = offsetOf(context);
  if (total <= limit && offset === 0) return nothing;
  const last = Math.max(0, Math.floor((total - 1) / limit) * limit);
  const to = (words: string, at: number) =>
    at === offset || at < 0 || at > last
      ? html`<span class="off" aria-disabled="true">${words}</span>`
      : html`<a href=${addressOf(changed(context.place, { offset: at === 0 ? "" : String(at) }))}
          >${words}</a
        >`;
  const end = Math.min(offset + limit, total);
  const words = total === 0 ? "none" : `${count(Math.min(offset + 1, total))}–${count(end)}`;
  return html`<nav class="pager" aria-label="Pages of ${what}">
    ${to("« first", 0)} ${to("‹ previous", Math.max(0, offset - limit))}
    <span>${words} of ${count(total)} ${what}</span>
    ${to("next ›", offset + limit)} ${to("last »", last)}
  </nav>`;
}

export function offsetOf(context: Context): number {
  const offset = Number(context.given("offset", "0"));
  return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
}

/** Links that set one parameter, of which one is set. */
export function choice(
  context: Context,
  label: string,
  parameter: string,
  options: Record<string, string>,
  now: string,
  others: Record<string, string> = {},
): unknown {
  return html`<p class="choice" role="group" aria-label=${label}>
    <span>${label}:</span>
    ${Object.entries(options).map(
      ([value, words]) =>
        html`<a
          href=${addressOf(changed(context.place, { ...others, [parameter]: value }))}
          aria-current=${value === now ? "true" : "false"}
          >${words}</a
        >`,
    )}
  </p>`;
}
