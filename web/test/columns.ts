import type { Columns } from "../src/common/tree.js";

/** A cell for tests: its name, its own bytes and the cells below it. */
export type Cell = [name: string, bytes: number, below?: Cell[]];

/** The columns of a tree, level by level. */
export function columns(root: Cell): Columns {
  const names: string[] = [];
  const cells: Columns["cells"] = { name: [], parent: [], objects: [], bytes: [], retained: [] };
  const retained = ([, own, below = []]: Cell): number =>
    below.reduce((sum, one) => sum + retained(one), own);
  let level: [Cell, number][] = [[root, 0]];
  while (level.length > 0) {
    const next: [Cell, number][] = [];
    for (const [cell, parent] of level) {
      const [name, own, below = []] = cell;
      if (!names.includes(name)) names.push(name);
      for (const one of below) next.push([one, cells.name.length]);
      cells.name.push(names.indexOf(name));
      cells.parent.push(parent);
      cells.objects.push(1);
      cells.bytes.push(own);
      cells.retained.push(retained(cell));
    }
    level = next;
  }
  return { names, cells };
}

/** Cells with these sizes below one of no size of its own. */
export function flat(...sizes: number[]): Columns {
  return columns(["top", 0, sizes.map((size): Cell => ["cell", size])]);
}

/** Numbers that look random and are the same each time. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

/** A tree of so many cells, each of them below one that came before. */
export function grown(size: number, seed: number): Columns {
  const next = random(seed);
  const parent = [0];
  for (let cell = 1; cell < size; cell++) parent.push(Math.floor(next() * cell));
  const bytes = parent.map(() => Math.floor(next() * 10_000));
  const retained = [...bytes];
  for (let cell = size - 1; cell > 0; cell--) {
    const above = parent[cell] ?? 0;
    retained[above] = (retained[above] ?? 0) + (retained[cell] ?? 0);
  }
  const name = parent.map((_, cell) => cell % 7);
  return {
    names: ["a", "b", "c", "d", "e", "f", "g"],
    cells: { name, parent, objects: parent.map(() => 1), bytes, retained },
  };
}
