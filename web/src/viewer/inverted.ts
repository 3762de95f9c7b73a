// Merged paths from the other end: first by what refers to the objects, then by what refers to that,
// up to the roots.

import type { Branch, MergedPaths } from "./answers.js";

interface Group {
  /** The last branch on the paths that are summed up here. */
  branch: Branch;
  objects: number;
  bytes: number;
  above: Map<string, Group>;
}

function group(branch: Branch): Group {
  return { branch, objects: 0, bytes: 0, above: new Map() };
}

function add(to: Group, objects: number, bytes: number): void {
  to.objects += objects;
  to.bytes += bytes;
}

/** The steps of the paths that end at a branch, the last one first; the first branch is none. */
function waysBack(items: readonly Branch[], end: number): Branch[] {
  const steps: Branch[] = [];
  let at: number | null = end;
  while (at !== null) {
    const branch: Branch | undefined = items[at];
    at = branch?.parent ?? null;
    if (branch && at !== null) steps.push(branch);
  }
  return steps;
}

/** As many branches are shown; those nearest to the objects are. */
const most = 200;

export interface Inverted {
  items: Branch[];
  /** Whether these are all branches. */
  whole: boolean;
}

/**
 * The same objects as branches of the other tree. What a rest sums up has no end that is known, so
 * that all rests are one branch. What objects retain together is not known here: 0.
 */
export function inverted({ items }: Pick<MergedPaths, "items">): Inverted {
  const [first] = items;
  if (!first) return { items: [], whole: true };
  const all = group(first);
  items.forEach((branch, end) => {
    const [objects, bytes] = branch.other
      ? [branch.objects, branch.bytes]
      : [branch.own_objects, branch.own_bytes];
    if (objects === 0) return;
    let at = all;
    add(at, objects, bytes);
    for (const step of branch.other ? [branch] : waysBack(items, end)) {
      const next: Group = at.above.get(step.text) ?? group(step);
      at.above.set(step.text, next);
      add(next, objects, bytes);
      at = next;
    }
  });
  return branches(all);
}

/** A parent comes before the branches that grow from it, and of these that with most objects first. */
function branches(all: Group): Inverted {
  const found: Branch[] = [];
  const open: [Group, number | null][] = [[all, null]];
  for (let next = open.shift(); next; next = open.shift()) {
    const [{ branch, objects, bytes, above }, parent] = next;
    const own = { retained: 0, own_objects: 0, own_bytes: 0 };
    const at = found.push({ ...branch, parent, objects, bytes, ...own }) - 1;
    const sorted = [...above.values()].sort((a, b) => b.objects - a.objects);
    open.push(...sorted.map((one): [Group, number] => [one, at]));
    if (found.length === most) return { items: found, whole: open.length === 0 };
  }
  return { items: found, whole: true };
}
