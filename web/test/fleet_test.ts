import assert from "node:assert/strict";
import { test } from "node:test";
import type { FleetLeak } from "../src/viewer/fleet_answers.js";
import { joined } from "../src/viewer/screens/fleet_history.js";
import { verdict } from "../src/viewer/screens/fleet_leaks.js";

function line(at: number[], objects: number[]) {
  return { at, objects, bytes: objects.map((one) => 40 * one), retained: [] };
}

test("lines of processes with other times have a column each, and no gaps", () => {
  const columns = joined([line([0, 60], [1, 2]), line([30, 60, 90], [5, 6, 7])], "objects");
  assert.deepEqual(columns, [
    [0, 30, 60, 90],
    [1, undefined, 2, undefined],
    [undefined, 5, 6, 7],
  ]);
  assert.deepEqual(joined([line([3], [2])], "bytes"), [[3], [80]]);
  assert.deepEqual(joined([], "bytes"), [[]]);
});

test("the verdict names what grows fastest, and says if it is over", () => {
  const leak = {
    class: "Session",
    processes: 20,
    judged: 50,
    since: "r2",
    fixed_in: null,
    bytes_per_hour: 24_000,
  } as FleetLeak;
  assert.equal(
    verdict(2, leak),
    "2 ways to hold objects leak. Fastest: Session, in 20 of 50 processes since r2, " +
      "by 23.4 KiB an hour in all of them together.",
  );
  assert.match(
    verdict(1, { ...leak, since: null }),
    /^1 way to hold objects leaks\. .* processes, by/,
  );
  assert.match(verdict(1, { ...leak, fixed_in: "r3" }), /^Nothing leaks .* no more since r3\.$/);
});
