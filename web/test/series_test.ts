import assert from "node:assert/strict";
import { test } from "node:test";
import type { Header, Summary } from "../src/viewer/answers.js";
import { columnsOf, pointsOf } from "../src/viewer/screens/series.js";
import type { Given } from "../src/viewer/screens/series.js";

function given(objects: number, header: Header): Given {
  const dump: Given["dump"] = {
    id: String(objects),
    name: "",
    bytes: 0,
    state: "open",
    progress: null,
    error: null,
  };
  return { dump, summary: { header, objects } as Summary };
}

const line = { name: "objects", of: (summary: Summary) => summary.objects };
const at = (second: number) => `2026-01-01T00:00:0${second}Z`;

test("points are in the order of time", () => {
  const points = pointsOf([given(2, { time: at(2) }), given(1, { time: at(1) })]);
  const [times = [], objects] = columnsOf(points, [line]);
  assert.deepEqual(objects, [1, 2]);
  assert.equal((times[1] ?? 0) - (times[0] ?? 0), 1);
});

test("if one has no time, all stand as they were given", () => {
  for (const time of [undefined, "soon", 5, {}]) {
    const points = pointsOf([given(2, { time: at(2) }), given(1, { time })]);
    assert.deepEqual(columnsOf(points, [line]), [
      [0, 1],
      [2, 1],
    ]);
    assert.ok(points.every((point) => !point.timed));
  }
});

test("a gap stands between dumps of different processes", () => {
  const points = pointsOf([
    given(1, { time: at(1), pid: 1 }),
    given(2, { time: at(2), pid: 1 }),
    given(3, { time: at(3), pid: 2 }),
  ]);
  assert.deepEqual(columnsOf(points, [line])[1], [1, 2, null, 3]);
});
