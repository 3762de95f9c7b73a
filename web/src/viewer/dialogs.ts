// What the page asks or tells in front of everything else.

import { html } from "lit-html";
import { ref } from "lit-html/directives/ref.js";

const keys: [string, string][] = [
  ["/", "go to the search box"],
  [
    "↓ ↑, Enter, Esc",
    "in the search box: mark a class that is offered, go to its objects, offer none",
  ],
  [
    "g, then o l h c w s t f",
    "overview, leaks, what retains most, classes, who holds, strings, threads, fleet",
  ],
  ["Alt + ←", "back to where you were"],
  ["?", "this list"],
];

/** A dialog can be opened when it is in the page, which is after it has been made. */
function open(element?: Element): void {
  queueMicrotask(() => {
    if (element instanceof HTMLDialogElement && element.isConnected && !element.open)
      element.showModal();
  });
}

export function help(close: () => void): unknown {
  return html`<dialog ${ref(open)} aria-labelledby="keys-title" @close=${close}>
    <h2 id="keys-title">Keys</h2>
    <dl class="grammar">
      ${keys.map(
        ([key, words]) =>
          html`<dt><kbd>${key}</kbd></dt>
            <dd>${words}</dd>`,
      )}
    </dl>
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}

/** Asks whether values may be shown. */
export function askForValues(answered: (shown: boolean) => void): unknown {
  const close = (event: Event) => {
    answered((event.currentTarget as HTMLDialogElement).returnValue === "show");
  };
  return html`<dialog ${ref(open)} aria-labelledby="values-title" @close=${close}>
    <h2 id="values-title">Show values?</h2>
    <p>
      Contents of strings, keys and numbers of the program's data are hidden. They may be passwords
      and names of people. They will be shown in this tab until you hide them or close it.
    </p>
    <form method="dialog">
      <button value="show">Show values</button>
      <button value="hide" autofocus>Keep them hidden</button>
    </form>
  </dialog>`;
}

/** Asks for the token, when the server demands one that the page does not have. */
export function askForToken(given: (token: string) => void, wrong: boolean): unknown {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = (event.currentTarget as HTMLFormElement).elements.namedItem("token");
    if (input instanceof HTMLInputElement) given(input.value.trim());
  };
  return html`<main class="login">
    <h1>heapdump</h1>
    <p>
      ${wrong ? "The server does not take this token. " : ""}The server asks for a token. It stands
      behind
      <code>#token=</code> in the address that <code>heapdump ui</code> printed.
    </p>
    <form @submit=${submit}>
      <label>Token <input name="token" type="password" autocomplete="off" required /></label>
      <button>Open</button>
    </form>
  </main>`;
}
