// Numbers for people.

import { html, nothing, svg } from "lit-html";
import { bytes, count, percent } from "../../common/units.js";

/** A size in bytes; a dash if it is not known. */
export function size(number: number | null | undefined): string {
  return number === null || number === undefined ? "–" : bytes(number);
}

export function number(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : count(value);
}

/** A change with its sign and an arrow, so that it is seen without colours. */
export function change(
  value: number | null | undefined,
  words: (number: number) => string,
): unknown {
  if (value === null || value === undefined) return "–";
  if (value === 0) return html`<span class="same">0</span>`;
  const grew = value > 0;
  return html`<span class=${grew ? "grew" : "shrank"}
    >${grew ? "▲ +" : "▼ −"}${words(Math.abs(value))}</span
  >`;
}

/** The share of a part in a whole, with a bar. */
export function share(part: number | null | undefined, whole: number): unknown {
  if (part === null || part === undefined || whole <= 0) return nothing;
  return html`<span class="share">${percent(part, whole)} ${shareBar(part, whole)}</span>`;
}

/** The bar alone, beside words that say the same. */
export function shareBar(part: number, whole: number): unknown {
  return whole <= 0 ? nothing : bar(Math.max(0, Math.min(1, part / whole)) * 60);
}

function bar(width: number): unknown {
  return html`<svg class="bar" width="60" height="6" aria-hidden="true">
    ${svg`<path d="M0 3 H${width.toFixed(1)}"></path>`}
  </svg>`;
}

const mostDots = 40; // of more, only the line is drawn

/**
 * A small line through the numbers, from 0 on, with a gap where one is null. `words` says the same to
 * those who do not see it.
 */
export function sparkline(numbers: readonly (number | null)[], words: string): unknown {
  const [width, height, edge] = [160, 40, 4];
  const highest = Math.max(...numbers.map((one) => one ?? 0), 1);
  const step = (width - 2 * edge) / Math.max(numbers.length - 1, 1);
  const lines: { x: string; y: string }[][] = [[]];
  numbers.forEach((value, index) => {
    if (value === null) lines.push([]);
    else
      lines[lines.length - 1]?.push({
        x: (edge + index * step).toFixed(1),
        y: (height - edge - (value / highest) * (height - 2 * edge)).toFixed(1),
      });
  });
  const dots = numbers.length > mostDots ? lines.filter((one) => one.length === 1) : lines;
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label=${words}>
    ${svg`<line class="axis" x1="0" y1=${height - edge} x2=${width} y2=${height - edge}></line>
      ${lines.map((points) => svg`<polyline points=${points.map(({ x, y }) => `${x},${y}`).join(" ")}></polyline>`)}
      ${dots.flat().map(({ x, y }) => svg`<circle cx=${x} cy=${y} r="3"></circle>`)}`}
  </svg>`;
}
