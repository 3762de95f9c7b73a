import assert from "node:assert/strict";
import { test } from "node:test";
import { boxAt, boxesInBoxes, icicle, narrowest } from "../src/common/layout.js";
import type { Box } from "../src/common/layout.js";
import { Tree, top } from "../src/common/tree.js";
import { columns, flat, grown } from "./columns.js";

const width = 1000;
const row = 20;

function inside(inner: Box, outer: Box): boolean {
  const room = 1e-6;
  return (
    inner.x >= outer.x - room &&
    inner.y >= outer.y - room &&
    inner.x + inner.width <= outer.x + outer.width + room &&
    inner.y + inner.height <= outer.y + outer.height + room
  );
}

function apart(a: Box, b: Box): boolean {
  const room = 1e-6;
  return (
    a.x + a.width <= b.x + room ||
    b.x + b.width <= a.x + room ||
    a.y + a.height <= b.y + room ||
    b.y + b.height <= a.y + room
  );
}

test("the width of a box is what it retains", () => {
  const tree = new Tree(
    columns([
      "top",
      100,
      [
        ["a", 600, [["b", 200]]],
        ["c", 100],
      ],
    ]),
  );
  const boxes = icicle(tree, top, width, row, 10);
  assert.deepEqual(
    boxes.map((box) => [tree.name(box.cell), Math.round(box.width), box.y / row]),
    [
      ["top", 1000, 0],
      ["a", 800, 1],
      ["b", 200, 2],
      ["c", 100, 1],
    ],
  );
});

test("boxes of a level lie beside each other, those below under their own", () => {
  for (const seed of [1, 2, 3]) {
    const tree = new Tree(grown(400, seed));
    const boxes = icicle(tree, top, width, row, 30);
    const of = new Map(boxes.filter((box) => box.small === 0).map((box) => [box.cell, box]));
    for (const box of boxes) {
      assert.ok(box.width >= narrowest);
      const above = of.get(box.small > 0 ? box.cell : tree.parent(box.cell));
      if (box.cell !== top || box.small > 0)
        assert.ok(
          above && box.x >= above.x - 1e-6 && box.x + box.width <= above.x + above.width + 1e-6,
        );
      for (const other of boxes) assert.ok(box === other || apart(box, other));
    }
  }
});

test("boxes that are too narrow are drawn as one", () => {
  const tree = new Tree(flat(900, ...Array.from({ length: 100 }, () => 1)));
  const boxes = icicle(tree, top, width, row, 10);
  assert.equal(boxes.length, 3);
  const small = boxes.find((box) => box.small > 0);
  assert.deepEqual([small?.cell, small?.small, Math.round(small?.width ?? 0)], [top, 100, 100]);
});

test("there are so many rows and no more", () => {
  const tree = new Tree(grown(400, 4));
  for (const rows of [1, 2, 5]) {
    const boxes = icicle(tree, top, width, row, rows);
    const lowest = Math.max(...boxes.map((box) => box.y + box.height));
    assert.equal(Math.round(lowest), rows * row);
  }
});

test("the area of a box without boxes in it is what it retains", () => {
  const tree = new Tree(flat(400, 300, 200, 100));
  const boxes = boxesInBoxes(tree, top, 1000, 500).slice(1);
  assert.equal(boxes.length, 4);
  const part = boxes.map((box) => (box.width * box.height) / tree.retained(box.cell));
  for (const one of part) assert.ok(Math.abs(one / (part[0] ?? 1) - 1) < 0.05, part.join(" "));
});

test("boxes are inside of those that hold them, and apart from all others", () => {
  const tree = new Tree(grown(300, 5));
  const boxes = boxesInBoxes(tree, top, 1000, 500);
  const of = new Map(boxes.map((box) => [box.cell, box]));
  for (const box of boxes) {
    const above = of.get(tree.parent(box.cell));
    if (box.cell !== top) assert.ok(above && inside(box, above));
    for (const other of boxes)
      if (other !== box && tree.parent(other.cell) === tree.parent(box.cell) && box.cell !== top)
        assert.ok(other.cell === top || apart(box, other));
  }
});

test("no box covers the name of the one around it", () => {
  const tree = new Tree(grown(300, 6));
  const boxes = boxesInBoxes(tree, top, 1000, 500);
  const of = new Map(boxes.map((box) => [box.cell, box]));
  for (const box of boxes) {
    const above = of.get(tree.parent(box.cell));
    if (box.cell !== top && above?.named) assert.ok(box.y >= above.y + 14);
  }
  assert.ok(boxes.some((box) => box.named) && boxes.some((box) => !box.named));
});

test("the innermost box at a point is found", () => {
  const tree = new Tree(columns(["top", 0, [["a", 100, [["b", 900]]]]]));
  const boxes = icicle(tree, top, width, row, 10);
  const name = (x: number, y: number) => tree.name(boxAt(boxes, x, y)?.cell ?? -1);
  assert.deepEqual([name(5, 5), name(5, 25), name(5, 45), name(5, 99)], ["top", "a", "b", ""]);
  const map = boxesInBoxes(tree, top, 500, 500);
  assert.equal(tree.name(boxAt(map, 250, 250)?.cell ?? -1), "b");
});

test("a tree of nothing is one box", () => {
  const tree = new Tree(flat());
  assert.equal(boxesInBoxes(tree, top, 100, 100).length, 1);
  assert.equal(icicle(tree, top, 100, row, 5)[0]?.cell, top);
});
