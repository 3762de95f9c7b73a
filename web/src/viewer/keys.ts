// The keyboard: every key does what a link or a button does.

const screens: Record<string, string> = {
  o: "overview",
  l: "leaks",
  h: "holders",
  c: "classes",
  w: "holding",
  s: "strings",
  t: "threads",
  f: "fleet",
};

export function listen(go: (screen: string) => void, help: () => void): void {
  let leader = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return;
    const screen = leader ? screens[event.key] : undefined;
    leader = event.key === "g";
    if (screen) go(screen);
    else if (event.key === "?") help();
    else if (event.key === "/") document.getElementById("search")?.focus();
    else return;
    event.preventDefault();
  });
}

function inField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, select, textarea, dialog") !== null;
}
