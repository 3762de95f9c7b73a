import assert from "node:assert/strict";
import { test } from "node:test";
import { Tree, top } from "../src/common/tree.js";
import { columns, grown } from "./columns.js";

const shop = new Tree(
  columns([
    "everything",
    5,
    [
      ["Hash", 10, [["Session", 70]]],
      ["Class", 20, [["code", 100, [["String", 1]]]]],
    ],
  ]),
);

test("the largest child comes first", () => {
  assert.deepEqual(
    shop.children(top).map((cell) => shop.name(cell)),
    ["Class", "Hash"],
  );
  assert.equal(shop.retained(top), 206);
  assert.equal(shop.bytes(top), 5);
});

test("a path leads from the top to the cell", () => {
  const deepest = shop.size - 1;
  assert.deepEqual(
    shop.path(deepest).map((cell) => shop.name(cell)),
    ["everything", "Class", "code", "String"],
  );
  assert.deepEqual(shop.path(top), [top]);
});

test("the depth is counted as far as it matters", () => {
  assert.equal(shop.depth(top, 10), 3);
  assert.equal(shop.depth(top, 2), 2);
  assert.equal(shop.depth(shop.size - 1, 10), 0);
});

test("cells that are not there have no name and no size", () => {
  assert.deepEqual([shop.name(99), shop.retained(99), shop.children(99)], ["", 0, []]);
});

test("a chain of ten thousand cells needs no stack", () => {
  const size = 10_000;
  const parent = Array.from({ length: size }, (_, cell) => Math.max(cell - 1, 0));
  const ones = parent.map(() => 1);
  const cells = { name: parent.map(() => 0), parent, objects: ones, bytes: ones, retained: ones };
  const chain = new Tree({ names: ["Node"], cells });
  assert.equal(chain.path(size - 1).length, size);
  assert.equal(chain.depth(top, size), size - 1);
});

test("each cell but the first is below one other", () => {
  const tree = new Tree(grown(500, 7));
  const below = Array.from({ length: tree.size }, (_, cell) => tree.children(cell)).flat();
  assert.equal(below.length, tree.size - 1);
  assert.equal(new Set(below).size, tree.size - 1);
});
