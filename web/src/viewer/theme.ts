// The theme of the page: that of the system, or light or dark, as the user has chosen. The browser
// keeps the choice for the address of the server.

export const themes = { system: "as the system", light: "light", dark: "dark" };
export type Theme = keyof typeof themes;

const key = "heapdump-theme";
const systemIsDark = "(prefers-color-scheme: dark)";

/** When the rules of dark pages, which ask the system in the style, apply. */
const media: Record<Theme, string> = { system: systemIsDark, light: "not all", dark: "all" };

let now: Theme = "system";
let rules: CSSMediaRule[] = [];

export function theme(): Theme {
  return now;
}

/** Whether the page is dark. */
export function isDark(): boolean {
  return matchMedia(media[now]).matches;
}

/** Begins with the theme that the browser has kept. The style has been loaded. */
export function takeTheme(): void {
  rules = Array.from(document.styleSheets)
    .flatMap((sheet) => Array.from(sheet.cssRules))
    .filter((rule): rule is CSSMediaRule => rule instanceof CSSMediaRule)
    .filter((rule) => rule.media.mediaText === systemIsDark);
  apply(themeOf(kept()));
}

export function setTheme(text: string): void {
  apply(themeOf(text));
  try {
    localStorage.setItem(key, now);
  } catch {
    // It is not kept where the browser forbids that, and holds until the page is left.
  }
}

/** What is no theme, as a text from elsewhere, is that of the system. */
export function themeOf(text: string | null): Theme {
  return text === "light" || text === "dark" ? text : "system";
}

function kept(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function apply(chosen: Theme): void {
  now = chosen;
  for (const rule of rules) rule.media.mediaText = media[chosen];
  document.documentElement.style.colorScheme = chosen === "system" ? "" : chosen;
}
