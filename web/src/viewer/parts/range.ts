// The part of the time that charts show, as parameters of the place.

import type { Context } from "../context.js";
import { addressOf } from "../place.js";
import type { Range } from "./lines.js";

/** The times that are shown, if a part of them was chosen. */
export function rangeOf(context: Context): Range | undefined {
  const [from, to] = ["from", "to"].map((one) => Number(context.given(one, "NaN")));
  return from !== undefined && to !== undefined && to > from ? [from, to] : undefined;
}

export function choose(context: Context, range: Range | undefined): void {
  const [from, to] = (range ?? []).map((one) => one.toFixed(3));
  location.hash = addressOf({
    ...context.place,
    parameters: { ...context.place.parameters, from: from ?? "", to: to ?? "" },
  });
}
