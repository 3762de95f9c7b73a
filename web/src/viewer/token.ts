// The token of the server. It stands behind "#token=" in the address that `heapdump ui` prints; it is
// moved out of the address bar at once, and stays in this tab.

const key = "heapdump-token";

export function takeToken(): void {
  const given = /^#token=([\w-]+)$/.exec(location.hash);
  if (!given?.[1]) return;
  setToken(given[1]);
  history.replaceState(null, "", location.pathname);
}

export function token(): string {
  return sessionStorage.getItem(key) ?? "";
}

export function setToken(text: string): void {
  sessionStorage.setItem(key, text);
}
