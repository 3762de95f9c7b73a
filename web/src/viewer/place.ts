// A place of the viewer and its address: #/DUMP/SCREEN/OBJECT?NAME=VALUE&…

export interface Place {
  /** The id of a dump; "" for the last one. */
  dump: string;
  screen: string;
  /** The address of the object that the screen is about; "" for none. */
  object: string;
  parameters: Readonly<Record<string, string>>;
}

export const first: Place = { dump: "", screen: "overview", object: "", parameters: {} };

export function placeAt(hash: string): Place {
  const [path = "", query = ""] = split(hash.replace(/^#/, ""), "?");
  const [, dump = "", screen = "", object = ""] = path.split("/");
  const parameters = Object.fromEntries(new URLSearchParams(query));
  return { dump, screen: screen || first.screen, object, parameters };
}

/** The address of a place. Parameters that are "" are left out. */
export function addressOf(place: Place): string {
  const given = Object.entries(place.parameters).filter(([, value]) => value !== "");
  const path = ["#", place.dump, place.screen, ...(place.object ? [place.object] : [])].join("/");
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

/** The same place with other parameters. A list begins anew, unless `offset` is among them. */
export function changed(place: Place, parameters: Record<string, string>): Place {
  return { ...place, parameters: { ...place.parameters, offset: "", ...parameters } };
}

/**
 * Another screen about the same dump. The baseline stays; other parameters do not, because they mean
 * something else there.
 */
export function moved(
  place: Place,
  screen: string,
  parameters: Record<string, string> = {},
  object = "",
): Place {
  const { baseline = "" } = place.parameters;
  return { dump: place.dump, screen, object, parameters: { baseline, ...parameters } };
}

/** Parameters that are addresses, or parts of a list. */
const ofOneDump = ["below", "without", "references", "referrers", "offset"];

/** The same place of another dump, where addresses mean nothing. */
export function inDump(place: Place, dump: string): Place {
  const { baseline = "" } = place.parameters;
  const kept = Object.entries(place.parameters).filter(([name]) => !ofOneDump.includes(name));
  const alone = baseline === dump;
  const now = alone ? withoutChanges(Object.fromEntries(kept)) : Object.fromEntries(kept);
  const parameters = { ...now, baseline: alone ? "" : baseline };
  const screen = place.screen === "object" ? "overview" : place.screen;
  return { dump, screen, object: "", parameters };
}

/** The same place with another baseline, or with none (""): a list begins anew, in its own order. */
export function comparedWith(place: Place, baseline: string): Place {
  const { parameters } = place;
  const kept = baseline === "" ? withoutChanges(parameters) : parameters;
  return changed({ ...place, parameters: kept }, { baseline, sort: "", reverse: "" });
}

/** What there is without a baseline: neither the order nor filters of changes. */
function withoutChanges(parameters: Place["parameters"]): Place["parameters"] {
  const kept = Object.entries(parameters).filter(([name]) => !name.endsWith("_change"));
  const order = parameters.sort?.endsWith("_change") ? { sort: "", reverse: "" } : {};
  return { ...Object.fromEntries(kept), ...order };
}

function split(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
