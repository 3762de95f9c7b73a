// Lines over the time, drawn by uPlot as wide as there is room.

import { html } from "lit-html";
import uPlot from "uplot";
import { bytes } from "../../common/units.js";
import { isDark } from "../theme.js";
import { drawing } from "./drawing.js";
import type { Drawing } from "./drawing.js";
import { size } from "./figures.js";

export interface Lines {
  names: string[];
  /** When each point is, in seconds; then for each name its sizes, null where there is none. */
  columns: (number | null)[][];
  /** Whether the first column is the time. */
  timed: boolean;
}

const height = 320;
const colours = 7; // variables of the style

/** The time of day in UTC, as headers have it. */
export function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

// Between two marks of an axis: seconds that a clock shows, and sizes in the units that are shown.
const steps = [1, 2, 5, 10, 15, 30]
  .flatMap((one) => [one, one * 60])
  .concat([1, 2, 3, 6, 12, 24, 48, 168, 720, 8760].map((hours) => hours * 3600));
const powers = Array.from({ length: 50 }, (_, at) => 2 ** at);

interface Given {
  lines: Lines;
  dark: boolean;
}

const kind = {
  make: draw,
  same: (before: Given, now: Given) => JSON.stringify(before) === JSON.stringify(now),
};

export function lines(given: Lines): unknown {
  return html`<div class="chart-place" ${drawing(kind, { lines: given, dark: isDark() })}></div>`;
}

function draw(element: HTMLElement, { lines: given }: Given): Drawing<Given> {
  const width = () => Math.max(element.clientWidth, 200);
  const chart = new uPlot(options(given, width()), given.columns as uPlot.AlignedData, element);
  const observer = new ResizeObserver(() => {
    if (chart.width !== width()) chart.setSize({ width: width(), height });
  });
  observer.observe(element);
  return {
    close: () => {
      observer.disconnect();
      chart.destroy();
    },
  };
}

function options({ names, timed }: Lines, width: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (variable: string) => style.getPropertyValue(variable).trim();
  const thin = { stroke: colour("--line"), width: 1 };
  const axis: uPlot.Axis = { stroke: colour("--text"), grid: thin, ticks: thin };
  const times: uPlot.Axis = { ...axis, incrs: steps, values: (_, at) => at.map(clock) };
  return {
    width,
    height,
    scales: { x: { time: timed }, y: { range: (_, __, highest) => [0, highest * 1.05] } },
    axes: [
      timed ? times : { ...axis, values: (_, at) => at.map((one) => when(one, false)) },
      { ...axis, size: 80, incrs: powers, values: (_, values) => values.map((one) => bytes(one)) },
    ],
    series: [
      { label: timed ? "time" : "dump", value: (_, at) => when(at, timed) },
      ...names.map((label, at) => ({
        label,
        stroke: colour(`--line-${at % colours}`),
        width: 2,
        dash: at % 2 === 0 ? [] : [6, 4],
        value: (_: uPlot, value: number | null) => size(value),
      })),
    ],
  };
}

function when(at: number | null, timed: boolean): string {
  if (at === null) return "–";
  if (timed) return clock(at);
  return Number.isInteger(at) ? String(at + 1) : "";
}
