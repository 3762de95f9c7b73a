// The dominator tree of the page: cells in columns, each behind the one above it.

export interface Columns {
  names: string[];
  cells: {
    name: number[];
    parent: number[];
    objects: number[];
    bytes: number[];
    retained: number[];
  };
}

/** The number of the cell that all others are below. */
export const top = 0;

export class Tree {
  readonly size: number;
  private readonly below: number[][];

  constructor(private readonly columns: Columns) {
    this.size = columns.cells.parent.length;
    this.below = Array.from({ length: this.size }, () => []);
    for (let cell = 1; cell < this.size; cell++) this.below[this.parent(cell)]?.push(cell);
    for (const cells of this.below)
      cells.sort((a, b) => this.retained(b) - this.retained(a) || a - b);
  }

  /** Its own number for the first one. */
  parent(cell: number): number {
    return this.columns.cells.parent[cell] ?? top;
  }

  /** The cells directly below, the largest first. */
  children(cell: number): readonly number[] {
    return this.below[cell] ?? [];
  }

  name(cell: number): string {
    return this.columns.names[this.columns.cells.name[cell] ?? -1] ?? "";
  }

  /** The number of a name: equal for cells of one name. */
  nameNumber(cell: number): number {
    return this.columns.cells.name[cell] ?? 0;
  }

  objects(cell: number): number {
    return this.columns.cells.objects[cell] ?? 0;
  }

  /** The bytes of its own objects. */
  bytes(cell: number): number {
    return this.columns.cells.bytes[cell] ?? 0;
  }

  /** The bytes of its own objects and of all cells below. */
  retained(cell: number): number {
    return this.columns.cells.retained[cell] ?? 0;
  }

  /** From the first cell down to this one, both included. */
  path(cell: number): number[] {
    const cells = [cell];
    for (let at = cell; at !== top; at = this.parent(at)) cells.push(this.parent(at));
    return cells.reverse();
  }

  /** How many levels lie below a cell, but no more than `most`. */
  depth(cell: number, most: number): number {
    let level: readonly number[] = [cell];
    let depth = 0;
    while (depth < most) {
      level = level.flatMap((one) => this.children(one));
      if (level.length === 0) break;
      depth++;
    }
    return depth;
  }
}
