// Where the boxes of the picture lie. A box is a cell, or stands for cells that are too small to be
// seen.

import { hierarchy, partition, treemap } from "d3-hierarchy";
import type { HierarchyNode, HierarchyRectangularNode } from "d3-hierarchy";
import type { Tree } from "./tree.js";

export interface Box {
  /** The cell; of a box for several small ones the cell above them. */
  cell: number;
  /** How many cells it stands for if it is not `cell` itself, else 0. */
  small: number;
  /** Whether there is room for a name at its top. */
  named: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Boxes that are narrower are drawn as one. */
export const narrowest = 3;

/** What is placed: a cell with what is below it. */
interface Item {
  cell: number;
  depth: number;
  /** What it needs room for, besides the items below it. */
  bytes: number;
}

/** The cells below `root`, down to so many levels; what lies deeper counts to the last of them. */
function items(tree: Tree, root: number, depth: number): HierarchyNode<Item> {
  const item = (cell: number, at: number): Item => {
    const last = at >= depth || tree.children(cell).length === 0;
    return { cell, depth: at, bytes: last ? tree.retained(cell) : tree.bytes(cell) };
  };
  const below = (one: Item): Item[] =>
    one.depth >= depth ? [] : tree.children(one.cell).map((cell) => item(cell, one.depth + 1));
  return hierarchy(item(root, 0), below).sum((one) => one.bytes);
}

function box(node: HierarchyRectangularNode<Item>): Box {
  const { x0, y0, x1, y1 } = node;
  const [width, height] = [x1 - x0, y1 - y0];
  return { cell: node.data.cell, small: 0, named: true, x: x0, y: y0, width, height };
}

/**
 * Rows from the top down: each box lies below the one that holds it, and its width is what it
 * retains. What is free below a box is its own.
 */
export function icicle(tree: Tree, root: number, width: number, row: number, rows: number): Box[] {
  const all = items(tree, root, rows - 1);
  const placed = partition<Item>().size([width, (all.height + 1) * row])(all);
  const boxes: Box[] = [];
  placed.eachBefore((node) => {
    if (node.x1 - node.x0 >= narrowest) boxes.push(box(node));
    const small = (node.children ?? []).filter((child) => child.x1 - child.x0 < narrowest);
    const first = small[0];
    const last = small[small.length - 1];
    if (!first || !last || last.x1 - first.x0 < narrowest) return;
    const group = { cell: node.data.cell, small: small.length, named: false };
    boxes.push({ ...box(first), ...group, width: last.x1 - first.x0 });
  });
  return boxes;
}

/** Boxes in boxes: the area is what a box retains. The outer one comes first. */
export function boxesInBoxes(tree: Tree, root: number, width: number, height: number): Box[] {
  const label = 16;
  const smallest = 4;
  const all = items(tree, root, 12);
  const wide = (node: HierarchyRectangularNode<Item>) =>
    node.x1 - node.x0 > 2 * label && node.y1 - node.y0 > 2 * label;
  const tiles = treemap<Item>()
    .size([width, height])
    .paddingOuter(2)
    .paddingInner(1)
    .paddingTop((node) => (wide(node) ? label : 2));
  const boxes: Box[] = [];
  tiles(all).each((node) => {
    const one = { ...box(node), named: !node.children || wide(node) };
    if (one.width >= smallest && one.height >= smallest) boxes.push(one);
  });
  return boxes;
}

/** The innermost box at a point. */
export function boxAt(boxes: readonly Box[], x: number, y: number): Box | undefined {
  const hit = boxes.filter(
    (one) => x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height,
  );
  return hit[hit.length - 1];
}
