// A button above each text that is meant to be copied.

export function addCopyButtons(): void {
  for (const text of document.querySelectorAll<HTMLElement>("pre.copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", () => {
      void copyText(text).then((done) => {
        button.textContent = done ? "Copied" : "Selected: press Ctrl-C";
      });
    });
    text.before(button);
  }
}

/** Copies the text; where the browser does not let a page do that, selects it. */
export async function copyText(text: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text.textContent);
    return true;
  } catch {
    window.getSelection()?.selectAllChildren(text);
    return false;
  }
}
