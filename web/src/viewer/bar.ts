// What stands above every screen: which dump this is, with which one it is compared, the search, and
// the menu.

import { html, nothing } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import type { Dump } from "./answers.js";
import type { Context } from "./context.js";
import { addressOf, comparedWith, inDump, moved } from "./place.js";
import { screenOf, screens } from "./screens.js";
import type { Screen } from "./screens.js";
import { theme, themes } from "./theme.js";
import { bytes, count, shortened } from "../common/units.js";
import { fleetAddress } from "./parts/fleet.js";
import { plain, short } from "./parts/texts.js";

export interface Actions {
  /** Shows values, or hides them again. */
  setValues: (shown: boolean) => void;
  help: () => void;
  setTheme: (chosen: string) => void;
  searchBox: (context: Context) => unknown;
}

export function bar(context: Context, actions: Actions): unknown {
  const ofFleet = screenOf(context.place.screen)?.fleet ?? false;
  return html`<header class="top">
    <div class="row">
      <a class="brand" href=${addressOf(moved(context.place, "overview"))}>heapdump</a>
      ${
        ofFleet
          ? html`<span class="filler"></span>`
          : html`${dumpChoice(context)} ${baselineChoice(context)} ${actions.searchBox(context)}`
      }
      ${valuesButton(context, actions)} ${themeChoice(actions)}
      <button type="button" class="keys" aria-label="Keys" title="Keys" @click=${actions.help}>
        ?
      </button>
    </div>
    ${ofFleet ? nothing : facts(context.dump)} ${menu(context)}
  </header>`;
}

/** Names of dumps differ at their ends, and a browser cuts there what is too long. */
function options(dumps: Dump[], chosen: string): unknown {
  const label = (name: string) => shortened(name, (part) => part.length <= 28);
  return dumps.map(
    ({ id, name }) =>
      html`<option value=${id} title=${short(name)} ?selected=${id === chosen}>
        ${label(name)}
      </option>`,
  );
}

function dumpChoice({ place, dumps, dump }: Context): unknown {
  const change = (event: Event) => {
    location.hash = addressOf(inDump(place, (event.currentTarget as HTMLSelectElement).value));
  };
  return html`<label class="pick"
    >Dump
    <select @change=${change} .value=${dump.id}>
      ${options(dumps, dump.id)}
    </select></label
  >`;
}

function baselineChoice({ place, dumps, dump, baseline }: Context): unknown {
  if (dumps.length < 2) return nothing;
  const change = (event: Event) => {
    const { value } = event.currentTarget as HTMLSelectElement;
    location.hash = addressOf(comparedWith(place, value));
  };
  const others = dumps.filter((one) => one.id !== dump.id);
  // Another list is another element: a browser keeps the number of what was chosen, not its value.
  return html`<label class="pick"
    >Baseline
    ${keyed(
      dump.id,
      html`<select @change=${change} .value=${baseline?.id ?? ""}>
        <option value="" ?selected=${!baseline}>none</option>
        ${options(others, baseline?.id ?? "")}
      </select>`,
    )}</label
  >`;
}

function themeChoice({ setTheme }: Actions): unknown {
  const change = (event: Event) => {
    setTheme((event.currentTarget as HTMLSelectElement).value);
  };
  return html`<label class="pick"
    >Theme
    <select @change=${change} .value=${theme()}>
      ${Object.entries(themes).map(
        ([value, words]) =>
          html`<option value=${value} ?selected=${value === theme()}>${words}</option>`,
      )}
    </select></label
  >`;
}

function valuesButton({ values }: Context, actions: Actions): unknown {
  return html`<button
    type="button"
    class="values ${values ? "shown" : ""}"
    aria-pressed=${values}
    @click=${() => {
      actions.setValues(!values);
    }}
  >
    ${values ? "Values are shown" : "Values are hidden"}
  </button>`;
}

/** What a header says, in words; undefined if it says nothing. */
function told(value: unknown, words: (text: string) => string): string | undefined {
  const text = plain(value);
  return text === "" ? undefined : words(text);
}

function facts(dump: Dump): unknown {
  const { header, live, live_bytes: size, rss, whole } = dump;
  const words = [
    told(header?.time, (time) => time.replace("T", " ").replace(/\.\d+Z$/, " UTC")),
    told(header?.pid, (pid) => `process ${pid}`),
    told(header?.ruby, (ruby) => `Ruby ${ruby}`),
    live === undefined ? undefined : `${count(live)} live objects`,
    size === undefined ? undefined : bytes(size),
    rss ? `RSS ${bytes(rss)}` : undefined,
  ].filter((one) => one !== undefined);
  return html`<p class="about">${short(words.join(" · "))}</p>
    ${
      whole === false
        ? html`<p class="warning">
            This dump is not whole: numbers are too small, and what holds an object may be missing.
          </p>`
        : nothing
    }
    ${
      header && Object.values(header).every((one) => one === null || one === undefined)
        ? html`<p class="note">
            This dump has no header, like those of <code>ObjectSpace.dump_all</code>: it does not
            say by which names objects refer to each other, nor what the process needed. Those of
            <code>HeapDump.dump</code> do.
          </p>`
        : nothing
    }`;
}

function menu(context: Context): unknown {
  const { dumps, fleet } = context;
  const all = Object.entries(screens);
  const ofDumps = all.filter(
    ([, { menu: where, fleet: other }]) =>
      !other && (where === true || (where === "several" && dumps.length > 1)),
  );
  const ofFleet = all.filter(([, { menu: where, fleet: one }]) => one && where === true);
  return html`<nav class="menu" aria-label="Screens">
    ${dumps.length > 0 ? entries(context, ofDumps) : nothing}
    ${fleet ? entries(context, ofFleet) : nothing}
  </nav>`;
}

/** What was chosen for one screen of the fleet holds for the others. */
function entries(context: Context, shown: [string, Screen][]): unknown {
  return html`<ul>
    ${shown.map(
      ([key, { title, fleet }]) =>
        html`<li>
          <a
            href=${fleet ? fleetAddress(context, key) : addressOf(moved(context.place, key))}
            aria-current=${key === context.place.screen ? "page" : nothing}
            >${title}</a
          >
        </li>`,
    )}
  </ul>`;
}
