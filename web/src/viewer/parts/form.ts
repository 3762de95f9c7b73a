// A form whose fields are parameters of the place.

import { html } from "lit-html";
import type { Context } from "../context.js";
import { addressOf, changed } from "../place.js";

export interface Field {
  parameter: string;
  label: string;
  /** What may be written there. */
  example?: string;
  /** The choices, if there are some: words by value. */
  options?: Record<string, string>;
  wide?: boolean;
  narrow?: boolean;
}

/** `also` are parameters that are set with those of the fields. */
export function form(
  context: Context,
  label: string,
  fields: Field[],
  also: Record<string, string> = {},
): unknown {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const given = fields.map(({ parameter }) => [parameter, text(data.get(parameter))]);
    location.hash = addressOf(
      changed(context.place, { ...also, ...(Object.fromEntries(given) as Record<string, string>) }),
    );
  };
  return html`<form class="query" aria-label=${label} @submit=${submit}>
    ${fields.map((field) => input(context, field))}
    <button>Show</button>
  </form>`;
}

function text(value: FormDataEntryValue | null): string {
  return typeof value === "string" ? value.trim() : "";
}

function input(context: Context, field: Field): unknown {
  const value = context.given(field.parameter);
  const control = field.options
    ? html`<select name=${field.parameter} .value=${value}>
        ${Object.entries(field.options).map(
          ([key, words]) => html`<option value=${key} ?selected=${key === value}>${words}</option>`,
        )}
      </select>`
    : html`<input
        name=${field.parameter}
        .value=${value}
        placeholder=${field.example ?? ""}
        maxlength="1000"
        autocomplete="off"
        spellcheck="false"
      />`;
  return html`<label class=${field.wide ? "wide" : field.narrow ? "narrow" : ""}
    ><span>${field.label}</span> ${control}</label
  >`;
}
