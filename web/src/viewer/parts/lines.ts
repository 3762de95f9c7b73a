// Lines over the time, drawn by uPlot as wide as there is room.

import { html } from "lit-html";
import uPlot from "uplot";
import { bytes, count } from "../../common/units.js";
import { isDark } from "../theme.js";
import { drawing } from "./drawing.js";
import type { Drawing } from "./drawing.js";
import { number, size } from "./figures.js";

export interface Lines {
  /** What it shows, for those who do not see it. */
  label: string;
  names: string[];
  unit: "objects" | "bytes";
  /**
   * When each point is, in seconds; then for each name its numbers: null where a line has a gap, and
   * undefined where it goes on without a point.
   */
  columns: (number | null | undefined)[][];
  /** Where something began that has to be known: another process. */
  marks?: Mark[];
  /** The times between which it is shown. */
  range?: Range | undefined;
}

export interface Mark {
  at: number;
  words: string;
}

export type Range = readonly [number, number];

/** Hears which times a user has chosen; undefined for all of them. */
export type Choose = (range: Range | undefined) => void;

const height = 320;
const colours = 7; // variables of the style

/** The time of day in UTC, as headers have it. */
export function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19);
}

/** The day and the time in UTC. */
export function moment(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}

// Between two marks of an axis: seconds that a clock shows, and sizes in the units that are shown.
const steps = [1, 2, 5, 10, 15, 30]
  .flatMap((one) => [one, one * 60])
  .concat([1, 2, 3, 6, 12, 24, 48, 168, 720, 8760].map((hours) => hours * 3600))
  .sort((one, other) => one - other);
const powers = Array.from({ length: 50 }, (_, at) => 2 ** at);

interface Given {
  lines: Lines;
  dark: boolean;
  choose: Choose;
}

const kind = {
  make: draw,
  // JSON leaves functions out: the latest one is heard of by `update`.
  same: (before: Given, now: Given) => JSON.stringify(before) === JSON.stringify(now),
};

/** A part of the time is chosen by dragging over it, and all of it by a double click. */
export function lines(given: Lines, choose: Choose): unknown {
  return html`<div
    class="chart-place"
    role="figure"
    aria-label=${given.label}
    ${drawing(kind, { lines: given, dark: isDark(), choose })}
  ></div>`;
}

function draw(element: HTMLElement, { lines: given, choose: first }: Given): Drawing<Given> {
  const width = () => Math.max(element.clientWidth, 200);
  let choose = first;
  const chart = new uPlot(
    options(given, width(), (range) => {
      choose(range);
    }),
    given.columns as uPlot.AlignedData,
    element,
  );
  const observer = new ResizeObserver(() => {
    if (chart.width !== width()) chart.setSize({ width: width(), height });
  });
  observer.observe(element);
  return {
    update: (now) => {
      choose = now.choose;
    },
    close: () => {
      observer.disconnect();
      chart.destroy();
    },
  };
}

function options(given: Lines, width: number, choose: Choose): uPlot.Options {
  const { names, unit, range, marks = [] } = given;
  const style = getComputedStyle(document.documentElement);
  const colour = (variable: string) => style.getPropertyValue(variable).trim();
  const thin = { stroke: colour("--line"), width: 1 };
  const axis: uPlot.Axis = { stroke: colour("--text"), grid: thin, ticks: thin };
  const words = unit === "bytes" ? size : number;
  const [from, to] = range ?? ends(given.columns[0] ?? []);
  const days = to - from > 86_400;
  const times = (_: uPlot, at: number[]) =>
    at.map((one) => (days ? moment(one).slice(5, 16).replace(" ", "\n") : clock(one)));
  return {
    width,
    height,
    padding: [null, 32, null, null], // the last time is written on both sides of its mark
    scales: {
      x: { time: true, range: () => [from, to] },
      y: { range: (_, __, highest) => [0, (highest || 1) * 1.05] },
    },
    axes: [
      { ...axis, incrs: steps, values: times, size: days ? 60 : 50 },
      {
        ...axis,
        size: 80,
        ...(unit === "bytes" ? { incrs: powers } : {}),
        values: (_, values) => values.map((one) => (unit === "bytes" ? bytes(one) : figure(one))),
      },
    ],
    series: [
      { label: "time (UTC)", value: (_, at) => when(at) },
      ...names.map((label, at) => ({
        label,
        stroke: colour(`--line-${at % colours}`),
        width: 2,
        dash: at % 2 === 0 ? [] : [6, 4],
        value: (_: uPlot, value: number | null) => words(value),
      })),
    ],
    cursor: {
      drag: { x: true, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          choose(undefined);
          return null;
        },
      },
    },
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width: wide } = chart.select;
          if (wide < 2) return;
          choose([chart.posToVal(left, "x"), chart.posToVal(left + wide, "x")]);
        },
      ],
      draw: [
        (chart) => {
          marks.forEach((mark) => {
            drawMark(chart, mark, colour("--text"));
          });
        },
      ],
    },
  };
}

function when(at: number | null): string {
  return at === null ? "–" : moment(at);
}

/** Numbers below 10 need not be whole on an axis. */
function figure(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toFixed(1);
}

/** The first and the last time, with some room if they are one. */
function ends(times: (number | null | undefined)[]): Range {
  const [from, to] = [times[0] ?? 0, times[times.length - 1] ?? 0];
  return to > from ? [from, to] : [from - 1, to + 1];
}

function drawMark(chart: uPlot, { at, words }: Mark, colour: string): void {
  const { ctx, bbox } = chart;
  const x = Math.round(chart.valToPos(at, "x", true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.setLineDash([2 * devicePixelRatio, 2 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.textBaseline = "top";
  const room = bbox.left + bbox.width - x;
  const left = ctx.measureText(words).width + 8 > room;
  ctx.textAlign = left ? "right" : "left";
  ctx.fillText(words, left ? x - 4 : x + 4, bbox.top + 2);
  ctx.restore();
}
