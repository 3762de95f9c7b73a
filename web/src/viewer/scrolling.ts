// Where the user was on each page of the history: Back leads there, and a new place begins at its head.

interface State {
  entry: number;
}

export class Scrolling {
  private readonly positions = new Map<number, number>();
  private entry = 0;

  constructor() {
    history.replaceState({ entry: this.entry } satisfies State, "");
    window.addEventListener(
      "scroll",
      () => {
        this.positions.set(this.entry, window.scrollY);
      },
      { passive: true },
    );
  }

  /** To be called when the address has changed. Returns where this page was; undefined if it is new. */
  arrived(): number | undefined {
    const state = history.state as State | null;
    if (state) {
      this.entry = state.entry;
      return this.positions.get(state.entry) ?? 0;
    }
    this.entry = Math.max(this.entry, ...this.positions.keys()) + 1;
    history.replaceState({ entry: this.entry } satisfies State, "");
    return undefined;
  }
}
