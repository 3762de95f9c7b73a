// How to get the same without the viewer: the command of a shell, and the call in Ruby.

import { html } from "lit-html";
import type { Context } from "../context.js";
import { copyText } from "../../common/copy.js";

export interface Same {
  /** The words of the command behind "heapdump", without the file: ["top", "--by", "gem"]. */
  command: [string, ...string[]];
  /** Whether it is about all dumps, or the baseline and this one. */
  about?: "all" | "baseline";
  /** The call behind "HeapDump::Snapshot.open(FILE)". */
  ruby?: string;
  /** The whole call in Ruby, where it is no call of one snapshot. */
  rubyOfAll?: (files: string[]) => string;
}

export function same(context: Context, given: Same): unknown {
  const [word, ...others] = given.command;
  const dumps = dumpsOf(context, given.about);
  const files = dumps.map((dump) => dump.argument ?? dump.name);
  const paths = dumps.map((dump) => quoted(dump.path ?? dump.name));
  const command = ["heapdump", word, ...files, ...others.map(escaped)].join(" ");
  const ruby =
    given.rubyOfAll?.(paths) ?? `HeapDump::Snapshot.open(${paths[0] ?? ""})${given.ruby ?? ""}`;
  return html`<details class="same">
    <summary>The same from a shell, or in Ruby</summary>
    ${copied(command)} ${copied(ruby)}
  </details>`;
}

function dumpsOf({ dumps, dump, baseline }: Context, about: Same["about"]) {
  if (about === "all") return dumps;
  return about === "baseline" && baseline ? [baseline, dump] : [dump];
}

/** A text with a button that copies it. */
export function copied(text: string, label = "Copy"): unknown {
  const copy = (event: Event) => {
    const button = event.currentTarget as HTMLButtonElement;
    const pre = button.nextElementSibling as HTMLElement;
    void copyText(pre).then((done) => {
      button.textContent = done ? "Copied" : "Selected: press Ctrl-C";
    });
  };
  return html`<div class="copied">
    <button type="button" class="copy" @click=${copy}>${label}</button>
    <pre>${text}</pre>
  </div>`;
}

/** As a word of a shell. */
export function escaped(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** As a String of Ruby. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/#(?=[{$@])/g, "\\#")}"`;
}
