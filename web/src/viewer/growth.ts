// How much each cell of a picture has grown since another picture of the same program: cells are the
// same if the names on the way to them are.

import type { Folded } from "./answers.js";

/** For each cell by how many bytes more it retains; null for what is new or a rest. */
export function growthOf(before: Folded, now: Folded): (number | null)[] {
  const earlier = new Map<string, number>();
  waysOf(before).forEach((way, cell) => {
    const retained = before.cells.retained[cell] ?? 0;
    earlier.set(way, (earlier.get(way) ?? 0) + retained);
  });
  return waysOf(now).map((way, cell) => {
    if (now.cells.kind[cell] === "other") return null;
    return (now.cells.retained[cell] ?? 0) - (earlier.get(way) ?? 0);
  });
}

/** The labels from the first cell to each one. Each cell is behind its parent. */
function waysOf({ labels, cells }: Folded): string[] {
  const ways: string[] = [];
  cells.parent.forEach((parent, cell) => {
    const label = parent === null ? "" : `${labels[cells.label[cell] ?? -1] ?? ""}\n`;
    ways.push((parent === null ? "" : (ways[parent] ?? "")) + label);
  });
  return ways;
}
