// What is drawn within an element by others than lit-html: it is made when the element is in the page,
// made anew when something else is to be drawn, and closed when it is in the page no more.

import { noChange } from "lit-html";
import type { ElementPart } from "lit-html";
import { AsyncDirective, directive } from "lit-html/async-directive.js";

export interface Drawing<Given> {
  /** Hears what is given each time when the page is drawn. */
  update?: (given: Given) => void;
  /** Ends what would keep it alive: observers, and listeners of the window. */
  close: () => void;
}

/** `same`: whether what is given now needs no new drawing. */
export interface Kind<Given> {
  make: (element: HTMLElement, given: Given) => Drawing<Given>;
  same: (before: Given, now: Given) => boolean;
}

class Drawn extends AsyncDirective {
  private drawing: Drawing<unknown> | undefined;
  private before: unknown;

  override render(_kind: Kind<never>, _given: unknown): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [kind, given]: [Kind<unknown>, unknown]): unknown {
    queueMicrotask(() => {
      if (this.isConnected) this.draw(element as HTMLElement, kind, given);
    });
    return noChange;
  }

  override disconnected(): void {
    this.drawing?.close();
    this.drawing = undefined;
  }

  private draw(element: HTMLElement, kind: Kind<unknown>, given: unknown): void {
    if (!this.drawing || !kind.same(this.before, given)) {
      this.disconnected();
      element.replaceChildren();
      this.drawing = kind.make(element, given);
    }
    this.before = given;
    this.drawing.update?.(given);
  }
}

const drawn = directive(Drawn);

/** To stand in the tag of an element without content. */
export function drawing<Given>(kind: Kind<Given>, given: Given): unknown {
  return drawn(kind, given);
}
