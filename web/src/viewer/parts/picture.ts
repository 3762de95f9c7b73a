// The picture of the dominator tree, as the report has it, within the templates of the viewer.

import { html } from "lit-html";
import type { Folded } from "../answers.js";
import { Picture } from "../../common/picture.js";
import type { Colours, Form } from "../../common/picture.js";
import { Tree } from "../../common/tree.js";
import type { Columns } from "../../common/tree.js";
import { drawing } from "./drawing.js";
import type { Drawing } from "./drawing.js";

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

export interface Given {
  folded: Folded;
  /** Another object when they have changed; without them each name has a colour of its own. */
  colours: Colours | undefined;
  form: Form;
  /** Called with the address of an object into which the user goes. */
  opened: (address: string) => void;
  chosen: (form: Form) => void;
}

const kind = {
  make: draw,
  same: (before: Given, now: Given) =>
    before.folded === now.folded && before.colours === now.colours,
};

/** A place for the picture, which is drawn when it is in the page. */
export function picture(given: Given): unknown {
  return html`<div class="picture" ${drawing(kind, given)}></div>`;
}

function draw(element: HTMLElement, given: Given): Drawing<Given> {
  let latest = given;
  const { example, objects } = given.folded.cells;
  const made = new Picture(new Tree(columnsOf(given.folded)), element, {
    colours: given.colours,
    form: given.form,
    chosen: (form) => {
      latest.chosen(form);
    },
    opened: (cell) => {
      const address = example[cell];
      if (objects[cell] !== 1 || !address || cell === 0) return false; // it has no address of its own
      latest.opened(address);
      return true;
    },
  });
  return {
    update: (now) => {
      latest = now;
      made.choose(now.form);
    },
    close: () => {
      made.close();
    },
  };
}
