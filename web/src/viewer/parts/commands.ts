// How to get the same without the viewer: the command of a shell, and the call in Ruby.

import { html, nothing } from "lit-html";
import { keyed } from "lit-html/directives/keyed.js";
import type { Dump } from "../answers.js";
import type { Context } from "../context.js";
import { copyText } from "../../common/copy.js";

export interface Same {
  /**
   * The words of the command behind "heapdump", without the file: ["top", "--by", "gem"]. Undefined if
   * no command says the same.
   */
  command: [string, ...string[]] | undefined;
  /** Whether it is about all dumps, or the baseline and this one. */
  about?: "all" | "baseline";
  /** The call behind "HeapDump::Snapshot.open(FILE)". */
  ruby?: string;
  /** The whole call in Ruby, where it is no call of one snapshot. */
  rubyOfAll?: (files: string[]) => string;
}

/** One or several ways to the same. */
export function same(context: Context, ...ways: Same[]): unknown {
  const shell = ways.flatMap((way) =>
    way.command ? [command(dumpsOf(context, way.about), way.command)] : [],
  );
  return inOtherWays(
    shell,
    ways.map((way) => inRuby(context, way)),
  );
}

/** The same as commands of a shell, and as calls in Ruby. */
export function inOtherWays(shell: readonly string[], ruby: readonly string[]): unknown {
  return html`<details class="same">
    <summary>This question ${shell.length > 0 ? "in a shell, or " : nothing}in Ruby</summary>
    ${[...shell, ...ruby].map((one) => copied(one))}
  </details>`;
}

function inRuby(context: Context, { about, ruby = "", rubyOfAll }: Same): string {
  const paths = dumpsOf(context, about).map((dump) => quoted(dump.path ?? dump.name));
  const call = rubyOfAll?.(paths) ?? `HeapDump::Snapshot.open(${paths[0] ?? ""})${ruby}`;
  const library = call.startsWith("HeapDump::Snapshot") ? "heapdump/snapshot" : "heapdump";
  return `require "${library}"\n${call}`;
}

/** The command of a shell about these dumps. */
export function command(dumps: readonly Dump[], [word, ...others]: [string, ...string[]]): string {
  const files = dumps.map((dump) => dump.argument ?? escaped(dump.name));
  return ["heapdump", word, ...files, ...others.map(escaped)].join(" ");
}

function dumpsOf({ dumps, dump, baseline }: Context, about: Same["about"]) {
  if (about === "all") return dumps;
  return about === "baseline" && baseline ? [baseline, dump] : [dump];
}

/** A text with a button that copies it. */
export function copied(text: string): unknown {
  const copy = (event: Event) => {
    const button = event.currentTarget as HTMLButtonElement;
    const pre = button.nextElementSibling as HTMLElement;
    void copyText(pre).then((done) => {
      button.textContent = done ? "Copied" : "Selected: press Ctrl-C";
    });
  };
  // Another text is another element, of which the button has not said that it is copied.
  return keyed(
    text,
    html`<div class="copied">
      <button type="button" class="copy" @click=${copy}>Copy</button>
      <pre>${text}</pre>
    </div>`,
  );
}

// In a terminal into which it is pasted such a character may end the line, or act as a key.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function spelled(text: string, spell: (code: string) => string): string {
  return text.replace(unprintable, (one) => spell((one.codePointAt(0) ?? 0).toString(16)));
}

/** As a word of a shell; one with what cannot be printed as bash, zsh and POSIX of 2024 know it. */
export function escaped(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.search(unprintable) < 0) return `'${word.replaceAll("'", `'\\''`)}'`;
  const plain = word.replace(/[\\']/g, "\\$&");
  return `$'${spelled(plain, (code) => `\\U${code.padStart(8, "0")}`)}'`;
}

/** As a String of Ruby in which nothing is run. */
export function quoted(text: string): string {
  const plain = text.replace(/[\\"]/g, "\\$&").replace(/#(?=[{$@])/g, "\\#");
  return `"${spelled(plain, (code) => `\\u{${code}}`)}"`;
}

/** As a Symbol of Ruby. */
export function symbol(text: string): string {
  return `:${/^[a-z]\w*$/.test(text) ? text : quoted(text)}`;
}
