// The picture of the dominator tree, as the report has it, within the templates of the viewer.

import { html } from "lit-html";
import type { Folded } from "../answers.js";
import { Picture } from "../../common/picture.js";
import type { Form, Growth } from "../../common/picture.js";
import { Tree } from "../../common/tree.js";
import type { Columns } from "../../common/tree.js";
import { isDark } from "../theme.js";
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
  /** What the colours show, another object when it has changed; else each name has its own. */
  growth: Growth | undefined;
  form: Form;
  /** Called with the address of an object into which the user goes. */
  opened: (address: string) => void;
  chosen: (form: Form) => void;
  /** Links, each as words and address, for objects of a class, of which one is an example. */
  places: (className: string, example: string | null) => [string, string][];
}

const kind = {
  make: draw,
  same: (before: Given, now: Given) => before.folded === now.folded && before.growth === now.growth,
};

/** A place for the picture, which is drawn when it is in the page. */
export function picture(given: Given): unknown {
  return html`<div class="picture" ${drawing(kind, given)}></div>`;
}

/** Where a cell of several objects leads, which has no screen of its own. */
function links({ folded, places }: Given, cell: number): Node[] {
  const { kind, label, example } = folded.cells;
  if (kind[cell] !== "class") return [];
  return places(folded.labels[label[cell] ?? -1] ?? "", example[cell] ?? null).flatMap(
    ([words, address]) => {
      const link = document.createElement("a");
      link.href = address;
      link.textContent = words;
      return [document.createTextNode(" · "), link];
    },
  );
}

function draw(element: HTMLElement, given: Given): Drawing<Given> {
  let latest = given;
  let dark = isDark();
  const { example, objects } = given.folded.cells;
  const made = new Picture(new Tree(columnsOf(given.folded)), element, {
    growth: given.growth,
    more: (cell) => links(given, cell),
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
      if (dark === isDark()) return;
      dark = isDark();
      made.redraw();
    },
    close: () => {
      made.close();
    },
  };
}
