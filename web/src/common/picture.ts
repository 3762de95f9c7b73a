// The picture of what is retained: drawn on a canvas, with buttons to go up and to change its form,
// and a line that says what the box is at which the user looks.

import { boxAt, boxesInBoxes, icicle } from "./layout.js";
import type { Box } from "./layout.js";
import { top } from "./tree.js";
import type { Tree } from "./tree.js";
import { bytes, count, objects, percent, shortened } from "./units.js";

const row = 22;
const rows = 24;
const mapHeight = 460;
const hues = 8;
const grownSteps = 4;

export type Form = "rows" | "boxes";

const forms: Record<Form, string> = { rows: "Rows (icicle)", boxes: "Boxes (treemap)" };

/** By how many bytes more each cell retains than in an earlier picture; null if that is not known. */
export type Growth = readonly (number | null)[];

export interface Options {
  /** What the colours show; without it each name has a colour of its own. */
  growth?: Growth | undefined;
  /** More about a cell, to stand behind what it is. */
  more?: (cell: number) => Node[];
  /** Called before the user goes into a cell; the picture stays as it is if it returns true. */
  opened?: (cell: number) => boolean;
  /** The form that it has first. */
  form?: Form;
  /** Called when the user has chosen another form. */
  chosen?: (form: Form) => void;
}

export class Picture {
  private readonly canvas = document.createElement("canvas");
  private readonly crumbs = document.createElement("p");
  private readonly facts = document.createElement("p");
  private readonly buttons = new Map<Form, HTMLButtonElement>();
  private form: Form;
  /** Given when the picture is closed. */
  private readonly closed = new AbortController();
  private root = top;
  private looked = top;
  private boxes: Box[] = [];
  private readonly mostGrown: number;

  constructor(
    private readonly tree: Tree,
    place: HTMLElement,
    private readonly options: Options = {},
  ) {
    this.form = options.form ?? "rows";
    this.mostGrown = Math.max(1, ...(options.growth ?? []).map((one) => one ?? 0));
    const scroll = document.createElement("div");
    scroll.className = "canvas";
    scroll.append(this.canvas);
    this.crumbs.className = "crumbs";
    this.facts.className = "box-facts";
    this.facts.setAttribute("aria-live", "polite");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute(
      "aria-label",
      "Picture of what is retained. Arrow keys go from box to box, Enter goes into one, " +
        "Escape goes out. The same is in the lists below.",
    );
    place.append(this.choice(), this.crumbs, scroll, this.facts);
    place.hidden = false;
    this.listen();
    this.show(top);
  }

  /** Shows the same in another form. */
  choose(form: Form): void {
    if (form === this.form) return;
    this.form = form;
    this.show(this.root);
  }

  /** Ends what would keep the picture alive when its place is gone. */
  close(): void {
    this.closed.abort();
  }

  /** Draws it again, as when its width or the colours have changed. */
  redraw(): void {
    const width = Math.max(this.canvas.parentElement?.clientWidth ?? 0, 200);
    this.boxes =
      this.form === "rows"
        ? icicle(this.tree, this.root, width, row, rows)
        : boxesInBoxes(this.tree, this.root, width, mapHeight);
    const height =
      this.form === "rows" ? (this.tree.depth(this.root, rows - 1) + 1) * row : mapHeight;
    const scale = window.devicePixelRatio;
    this.canvas.width = width * scale;
    this.canvas.height = height * scale;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.draw();
  }

  private choice(): HTMLElement {
    const group = document.createElement("p");
    group.className = "forms";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Form of the picture");
    for (const [form, words] of Object.entries(forms) as [Form, string][]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words;
      button.addEventListener("click", () => {
        this.choose(form);
        this.options.chosen?.(form);
      });
      this.buttons.set(form, button);
      group.append(button);
    }
    return group;
  }

  private listen(): void {
    this.canvas.addEventListener("mousemove", (event) => {
      const box = boxAt(this.boxes, event.offsetX, event.offsetY);
      if (box) this.look(box);
    });
    this.canvas.addEventListener("click", (event) => {
      const box = boxAt(this.boxes, event.offsetX, event.offsetY);
      if (box) this.open(box.cell === this.root ? this.tree.parent(this.root) : box.cell);
    });
    this.canvas.addEventListener("keydown", (event) => {
      if (this.key(event.key)) event.preventDefault();
    });
    const observer = new ResizeObserver(() => {
      const width = this.canvas.parentElement?.clientWidth ?? 0;
      if (`${width}px` !== this.canvas.style.width) this.redraw();
    });
    observer.observe(this.canvas.parentElement ?? this.canvas);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const redraw = () => {
      this.redraw();
    };
    dark.addEventListener("change", redraw);
    this.closed.signal.addEventListener("abort", () => {
      observer.disconnect();
      dark.removeEventListener("change", redraw);
    });
  }

  /** Whether the key means something here. */
  private key(name: string): boolean {
    const siblings = this.tree.children(this.tree.parent(this.looked));
    const at = siblings.indexOf(this.looked);
    const next: Record<string, number | undefined> = {
      ArrowDown: this.tree.children(this.looked)[0],
      ArrowUp: this.looked === this.root ? undefined : this.tree.parent(this.looked),
      ArrowRight: this.looked === this.root ? undefined : siblings[at + 1],
      ArrowLeft: this.looked === this.root ? undefined : siblings[at - 1],
    };
    if (name === "Enter") this.open(this.looked);
    else if (name === "Escape") this.show(this.tree.parent(this.root));
    else if (!(name in next)) return false;
    const cell = next[name];
    if (cell !== undefined) this.lookAt(cell, 0);
    return true;
  }

  private open(cell: number): void {
    if (cell === this.root || !this.options.opened?.(cell)) this.show(cell);
  }

  /** Shows a cell and all below it. */
  private show(cell: number): void {
    this.root = cell;
    for (const [form, button] of this.buttons)
      button.setAttribute("aria-pressed", String(form === this.form));
    this.crumbs.replaceChildren(...this.tree.path(cell).flatMap((one, at) => this.crumb(one, at)));
    this.lookAt(cell, 0);
    this.redraw();
  }

  private crumb(cell: number, at: number): Node[] {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = this.tree.name(cell);
    button.disabled = cell === this.root;
    button.addEventListener("click", () => {
      this.show(cell);
    });
    return at === 0 ? [button] : [document.createTextNode(" › "), button];
  }

  private look(box: Box): void {
    if (box.cell !== this.looked || box.small > 0) this.lookAt(box.cell, box.small);
  }

  private lookAt(cell: number, small: number): void {
    this.looked = cell;
    this.facts.textContent = small > 0 ? this.wordsOfSmall(cell, small) : this.words(cell);
    if (small === 0) this.facts.append(...(this.options.more?.(cell) ?? []));
    this.draw();
  }

  private words(cell: number): string {
    const { tree } = this;
    const whole = tree.retained(top);
    const retained = `${bytes(tree.retained(cell))} (${percent(tree.retained(cell), whole)})`;
    const deeper = tree.children(cell).length;
    const own = tree.objects(cell);
    return [
      `${tree.name(cell)}: retains ${retained}${this.grown(cell)}`,
      ...(own > 0 ? [`${objects(own)} of its own with ${bytes(tree.bytes(cell))}`] : []),
      ...(deeper > 0 ? [`${count(deeper)} ${deeper === 1 ? "box" : "boxes"} below`] : []),
    ].join("; ");
  }

  /** How much it has grown, if that is known. */
  private grown(cell: number): string {
    const grown = this.options.growth?.[cell];
    if (grown === null || grown === undefined) return "";
    return grown < 0 ? `, ${bytes(-grown)} less than before` : `, ${bytes(grown)} more than before`;
  }

  private wordsOfSmall(cell: number, small: number): string {
    return `${count(small)} smaller boxes below ${this.tree.name(cell)}: click to see them`;
  }

  private draw(): void {
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    const scale = window.devicePixelRatio;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    pen.font = `12px ${style.fontFamily}`;
    pen.textBaseline = "middle";
    for (const box of this.boxes) {
      pen.fillStyle = colour(this.variable(box));
      pen.fillRect(box.x, box.y, box.width - 1, box.height - 1);
      pen.fillStyle = colour("--box-text");
      if (box.named) label(pen, this.tree.name(box.cell), box);
    }
    const looked = this.boxes.find((box) => box.cell === this.looked && box.small === 0);
    if (!looked || looked.cell === this.root) return;
    pen.strokeStyle = colour("--box-line");
    pen.lineWidth = 2;
    pen.strokeRect(looked.x + 1, looked.y + 1, looked.width - 3, looked.height - 3);
  }

  /** The name of the variable of the style that has the colour of a box. */
  private variable(box: Box): string {
    if (box.small > 0) return "--box-small";
    const { growth } = this.options;
    if (!growth) return `--box-${this.tree.nameNumber(box.cell) % hues}`;
    const part = Math.max(0, growth[box.cell] ?? 0) / this.mostGrown;
    return `--grown-${Math.ceil(part * grownSteps)}`;
  }
}

/** Writes a name into a box; of a long one the middle is left out. */
function label(pen: CanvasRenderingContext2D, name: string, box: Box): void {
  const room = box.width - 8;
  if (room < 16 || box.height < 14) return;
  const text = shortened(name, (part) => pen.measureText(part).width <= room);
  pen.fillText(text, box.x + 4, box.y + Math.min(box.height, row) / 2);
}
