import assert from "node:assert/strict";
import { test } from "node:test";
import type { TrendLine } from "../src/viewer/answers.js";
import { columnsOf, moving } from "../src/viewer/screens/series.js";

const dumps = [0, 60, 300, 360].map((at) => ({ id: "a", at, objects: 1, held_bytes: 1 }));

test("each line has a number for each dump", () => {
  const lines = [{ values: [1, 2, 3, 4] }, { values: [5, null, 7, 8] }];
  assert.deepEqual(columnsOf({ dumps, gaps: [] }, lines), [
    [0, 60, 300, 360],
    [1, 2, 3, 4],
    [5, null, 7, 8],
  ]);
});

test("a gap stands where dumps are missing", () => {
  assert.deepEqual(columnsOf({ dumps, gaps: [2] }, [{ values: [1, 2, 3, 4] }]), [
    [0, 60, 180, 300, 360],
    [1, 2, null, 3, 4],
  ]);
});

test("lines that lie on each other, and those that are static, are drawn once or not", () => {
  const line = (name: string, values: number[], more = {}) =>
    ({ name, values, unit: "objects", verdict: "leak", ...more }) as TrendLine;
  const lines = moving([
    line("way", [1, 2]),
    line("class", [1, 2]),
    line("static", [1, 1], { verdict: "static" }),
    line("size", [3, 4], { unit: "bytes" }),
    line("other", [5, 4]),
  ]);
  assert.deepEqual(
    lines.map((one) => one.name),
    ["way", "other"],
  );
});
