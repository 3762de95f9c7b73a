// The picture of the dominator tree, as the report has it, within the templates of the viewer.

import { html } from "lit-html";
import { ref } from "lit-html/directives/ref.js";
import type { Folded } from "../answers.js";
import { Picture } from "../../common/picture.js";
import type { Colours } from "../../common/picture.js";
import { Tree } from "../../common/tree.js";
import type { Columns } from "../../common/tree.js";

/** The columns of a Tree. What holds everything is no object, and called so. */
export function columnsOf(folded: Folded): Columns {
  const { parent, label, example, objects, bytes, retained } = folded.cells;
  const whole = example[0] === null;
  return {
    names: whole ? [...folded.labels, "everything"] : folded.labels,
    cells: {
      parent: parent.map((one) => one ?? 0),
      name: whole ? [folded.labels.length, ...label.slice(1)] : label,
      objects,
      bytes,
      retained,
    },
  };
}

const drawn = new WeakMap<Element, unknown>();

/**
 * A place for the picture, which is drawn when it is in the page. `opened` is called with the address
 * of an object into which the user goes. `colours` may be another object when they have changed.
 */
export function picture(
  folded: Folded,
  opened: (address: string) => void,
  colours?: Colours,
): unknown {
  const draw = (element?: Element) => {
    if (!(element instanceof HTMLElement)) return;
    const before = drawn.get(element) as [Folded, Colours | undefined] | undefined;
    if (before?.[0] === folded && before[1] === colours) return;
    drawn.set(element, [folded, colours]);
    element.replaceChildren();
    new Picture(new Tree(columnsOf(folded)), element, {
      colours,
      opened: (cell) => {
        const example = folded.cells.example[cell];
        if (folded.cells.kind[cell] !== "node" || !example || cell === 0) return false;
        opened(example);
        return true;
      },
    });
  };
  return html`<div class="picture" ${ref(draw)}></div>`;
}
