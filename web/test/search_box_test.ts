import assert from "node:assert/strict";
import { test } from "node:test";
import type { Group } from "../src/viewer/answers.js";
import { named, next } from "../src/viewer/search_box.js";
import { themeOf } from "../src/viewer/theme.js";

function group(key: string | null, label: string, objects = 1): Group {
  return { ...({} as Group), key, label, objects };
}

test("only classes with a name are offered", () => {
  const items = [
    group("A", "A"),
    group(null, "(no class)"),
    group("0x1", "(anonymous class 0x1)"),
    group("Gone", "Gone", 0),
    group("a\u0000", "a\u0000"),
    group("x".repeat(1001), "x".repeat(1001)),
    group("B C", "B C"),
  ];
  assert.deepEqual(
    named({ items }).map((one) => one.label),
    ["A", "B C"],
  );
});

test("the mark goes round, and stands on none between the last one and the first", () => {
  const steps = (step: number) => {
    const found = [-1];
    for (let turn = 0; turn < 4; turn++) found.push(next(found[turn] ?? 0, step, 3));
    return found;
  };
  assert.deepEqual(steps(1), [-1, 0, 1, 2, -1]);
  assert.deepEqual(steps(-1), [-1, 2, 1, 0, -1]);
});

test("a theme that is not known is that of the system", () => {
  assert.deepEqual(["light", "dark", "system", "", "blue", null].map(themeOf), [
    "light",
    "dark",
    "system",
    "system",
    "system",
    "system",
  ]);
});
