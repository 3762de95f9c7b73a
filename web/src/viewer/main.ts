// The page of the viewer. It has no graph: it asks the server, and draws the answers. What is shown
// is a function of the place in the address bar and of the answers that are there.

import { html, nothing, render } from "lit-html";
import type { Answers, Dump } from "./answers.js";
import { bar } from "./bar.js";
import { Context, refused, waiting } from "./context.js";
import { askForToken, askForValues, help } from "./dialogs.js";
import { listen } from "./keys.js";
import { addressOf, first, moved, placeAt } from "./place.js";
import type { Place } from "./place.js";
import { screenOf } from "./screens.js";
import { Scrolling } from "./scrolling.js";
import { SearchBox } from "./search_box.js";
import { Store } from "./store.js";
import { setTheme, takeTheme } from "./theme.js";
import { setToken, takeToken, token } from "./token.js";
import { short } from "./parts/texts.js";

/** Stands for a dump where a screen is about none. */
const none: Dump = { id: "", name: "", bytes: 0, state: "open", progress: null, error: null };

type Dialog = "help" | "values" | undefined;

class Viewer {
  private readonly store = new Store(() => {
    this.draw();
  });
  private place: Place = placeAt(location.hash);
  private values = false;
  private dialog: Dialog;
  private waits = false;
  /** The list of dumps that is shown while it is asked again. */
  private dumps: Answers["dumps"] | undefined;
  /** The ids of the dumps that have been read. */
  private readonly opened = new Set<string>();
  private readonly scrolling = new Scrolling();
  private readonly searchBox = new SearchBox(() => {
    this.draw();
  });

  constructor(private readonly body: HTMLElement) {
    window.addEventListener("hashchange", () => {
      this.go();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.draw();
    });
    listen(
      (screen) => {
        location.hash = addressOf(moved(this.place, screen));
      },
      () => {
        this.show("help");
      },
    );
    this.draw();
  }

  /** Draws the page, once for all that changes at the same time. */
  private draw(): void {
    if (this.waits) return;
    this.waits = true;
    queueMicrotask(() => {
      this.waits = false;
      this.drawNow();
      this.store.drawn();
      this.body.dataset.asking = String(this.store.asking); // for scripts, which have no eyes
    });
  }

  private show(dialog: Dialog): void {
    this.dialog = dialog;
    this.draw();
  }

  /** The address has changed: another screen begins at its head, also for a screen reader. */
  private go(): void {
    if (takeToken()) this.store.forget("dumps");
    const position = this.scrolling.arrived();
    const before = this.place;
    this.place = placeAt(location.hash);
    this.draw();
    const same = (["dump", "screen", "object"] as const).every(
      (key) => before[key] === this.place[key],
    );
    const stays = same && before.parameters.below === this.place.parameters.below;
    if (stays && position === undefined) return;
    queueMicrotask(() => {
      if (!stays) document.getElementById("title")?.focus({ preventScroll: true });
      window.scrollTo(0, position ?? 0);
    });
  }

  /** An answer that is not as expected, as from a server of another version, leaves a page, too. */
  private drawNow(): void {
    try {
      render(this.page(), this.body);
    } catch (error) {
      console.error(error);
      render(trouble(error), this.body);
    }
  }

  private page(): unknown {
    const dumps = this.store.entry("dumps", { values: this.values ? 1 : undefined });
    if (dumps.state === "there") this.dumps = dumps.answer;
    if (dumps.state !== "refused" && this.dumps) return this.withDumps(this.dumps);
    if (dumps.state !== "refused") return html`<main>${waiting(null)}</main>`;
    if (dumps.code === "no_token" && dumps.message.includes("token"))
      return askForToken((text) => {
        setToken(text);
        dumps.again();
      }, token() !== "");
    return html`<main>
      <h1>heapdump</h1>
      ${refused(dumps.message, dumps.again)}
    </main>`;
  }

  private withDumps(answer: Answers["dumps"]): unknown {
    const { items, fleet } = answer;
    if (fleet && (items.length === 0 || screenOf(this.place.screen)?.fleet))
      return this.ofFleet(items);
    const { dump: wanted, parameters } = this.place;
    const dump = wanted === "" ? items[items.length - 1] : items.find((one) => one.id === wanted);
    if (!dump && items.length > 0)
      return html`<main>
        <h1>heapdump</h1>
        <p>This address is about a dump that is not here.</p>
        <p><a href=${addressOf(first)}>Overview of the last one that is</a></p>
      </main>`;
    if (!dump)
      return html`<main>
        <h1>heapdump</h1>
        <p>${short(answer.note ?? "There is no dump.")}</p>
      </main>`;
    const baseline = items.find((one) => one.id === parameters.baseline && one.id !== dump.id);
    const place = { ...this.place, dump: dump.id };
    const context = new Context(place, items, dump, baseline, this.values, this.store, fleet);
    if (dump.state !== "open" && !this.opened.has(dump.id)) return this.opening(context);
    return this.screen(context);
  }

  /** A screen about the fleet; where there are no dumps, the first of these stands for all others. */
  private ofFleet(dumps: Dump[]): unknown {
    const place = screenOf(this.place.screen)?.fleet ? this.place : moved(this.place, "fleet");
    const dump = dumps.find((one) => one.id === place.dump) ?? none;
    return this.screen(new Context(place, dumps, dump, undefined, this.values, this.store, true));
  }

  /**
   * A dump that has not been read yet: a question about it reads it. After that its facts are in the
   * list of dumps, which is asked again once: the server may have closed it for another one.
   */
  private opening(context: Context): unknown {
    const { id, name } = context.dump;
    const shown = context.answer("summary", {}, () => {
      this.opened.add(id);
      this.store.forget("dumps");
      return waiting(null);
    });
    return this.framed(context, short(name), shown);
  }

  private screen(context: Context): unknown {
    const screen = screenOf(context.place.screen);
    const { title, draw } = screen ?? { title: "There is no such screen", draw: () => nothing };
    const about = screen?.fleet ? "" : short(context.dump.name, 60);
    const what = [context.place.object, title, about, "heapdump"];
    document.title = what.filter((one) => one !== "").join(" · ");
    return this.framed(context, title, draw(context));
  }

  /** With the bar above, and a dialog in front if one is open. */
  private framed(context: Context, title: string, shown: unknown): unknown {
    return html`<a class="skip" href="#main" @click=${skip}>To the content</a>
      ${this.bar(context)}
      <main id="main" tabindex="-1">
        <h1 id="title" tabindex="-1">${title}</h1>
        ${shown}
      </main>
      ${this.dialogs()}`;
  }

  private bar(context: Context): unknown {
    return bar(context, {
      setValues: (shown) => {
        if (shown) this.show("values");
        else this.setValues(false);
      },
      help: () => {
        this.show("help");
      },
      setTheme: (chosen) => {
        setTheme(chosen);
        this.draw();
      },
      searchBox: (about) => this.searchBox.draw(about),
    });
  }

  private dialogs(): unknown {
    if (this.dialog === "help")
      return help(() => {
        this.show(undefined);
      });
    if (this.dialog === "values")
      return askForValues((shown) => {
        this.dialog = undefined;
        this.setValues(shown);
      });
    return nothing;
  }

  private setValues(shown: boolean): void {
    this.values = shown;
    if (!shown) this.store.forgetValues();
    this.draw();
  }
}

function trouble(error: unknown): unknown {
  return html`<main>
    <h1>heapdump</h1>
    ${refused(`This cannot be shown: ${String(error)}`, () => {
      location.reload();
    })}
    <p><a href=${addressOf(first)}>Overview</a></p>
  </main>`;
}

/** An address of the page is a place, so the link may not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

takeTheme();
takeToken();
const page = document.getElementById("page");
if (page) new Viewer(page);
