// What the screens about a fleet have in common.

import { html } from "lit-html";
import type { Fleet, FleetLine, FleetProcess } from "../fleet_answers.js";
import type { Parameters } from "../api.js";
import type { Context } from "../context.js";
import { addressOf, moved } from "../place.js";
import { count, plural } from "../../common/units.js";
import { escaped, inOtherWays, quoted } from "./commands.js";
import { form } from "./form.js";
import { name, short } from "./texts.js";

/** Parameters of the place that stay on every screen of the fleet. */
const chosen = ["app", "revision", "hours"] as const;

const ages: Record<string, string> = {
  "": "all of the time",
  "24": "the last day",
  "168": "the last week",
  "720": "the last 30 days",
};

/** What was chosen, as parameters of a question. */
export function filter(context: Context): Parameters {
  return Object.fromEntries(
    chosen.map((one) => [one, context.given(one) === "" ? undefined : context.given(one)]),
  );
}

/** A link to a screen of the fleet about the same choice. */
export function fleetLink(
  context: Context,
  words: unknown,
  screen: string,
  parameters: Record<string, string> = {},
): unknown {
  return html`<a href=${fleetAddress(context, screen, parameters)}>${words}</a>`;
}

export function fleetAddress(
  context: Context,
  screen: string,
  parameters: Record<string, string> = {},
): string {
  const kept = Object.fromEntries(chosen.map((one) => [one, context.given(one)]));
  return addressOf(moved(context.place, screen, { ...kept, ...parameters }));
}

/** What the store has, and the choice of what is shown of it. */
export function choices(context: Context): unknown {
  return context.ask("fleet", {}, (fleet) => {
    if (fleet.processes === 0)
      return html`<p class="lead">
        The store has no dumps. <code>heapdump fleet import DIR</code> imports some.
      </p>`;
    return html`${form(
        context,
        "What is shown",
        [
          { parameter: "app", label: "Application", options: named(fleet.apps, "all") },
          { parameter: "revision", label: "Revision", options: named(fleet.revisions, "all") },
          { parameter: "hours", label: "Dumps of", options: ages },
        ],
        { offset: "" },
      )}
      <p class="about">${words(fleet)}</p>`;
  });
}

function words(fleet: Fleet): string {
  const times = [fleet.from, fleet.to].map((at) => day(at));
  return `The store has ${plural(fleet.dumps, "dump")} of ${plural(fleet.processes, "process", "processes")}, from ${times.join(" to ")} UTC.`;
}

/** The choices of a list of names; a long name is cut where it is shown. */
function named(names: readonly string[], all: string): Record<string, string> {
  return { "": all, ...Object.fromEntries(names.map((one) => [one, short(one, 40)])) };
}

export function day(at: string | null): string {
  return at === null ? "–" : at.slice(0, 16).replace("T", " ");
}

/** Which process it is. */
export function process(one: FleetProcess | FleetLine): unknown {
  return html`${name(one.app)} ${one.pid} <small>${name(one.host)}</small>`;
}

/** "20 of 50". */
export function partOf(part: number, whole: number): string {
  return `${count(part)} of ${count(whole)}`;
}

/** How to ask the same without the viewer. The address of the store is not known here. */
export function sameOfFleet(
  context: Context,
  question: string,
  type: string,
  argument?: string,
): unknown {
  const [app, revision, hours] = chosen.map((one) => context.given(one));
  const options = [
    ...(app ? ["--app", app] : []),
    ...(revision ? ["--rev", revision] : []),
    ...(hours ? ["--since", `${hours}h`] : []),
  ];
  const shell = ["heapdump", "fleet", question, ...(argument ? [argument] : []), ...options];
  const given = [
    "store",
    ...(argument ? [quoted(argument)] : []),
    ...(app ? [`app: ${quoted(app)}`] : []),
    ...(revision ? [`revision: ${quoted(revision)}`] : []),
    ...(hours ? [`since: Time.now - ${String(Number(hours) * 3600)}`] : []),
  ];
  const ruby = [
    'require "heapdump/fleet"',
    'store = HeapDump::Fleet.open("env:HEAPDUMP_STORE")',
    `HeapDump::Fleet::${type}.new(${given.join(", ")}).rows`,
  ];
  return inOtherWays([shell.map(escaped).join(" ")], [ruby.join("\n")]);
}
