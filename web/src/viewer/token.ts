// The token of the server. It stands behind "#token=" in the address that `heapdump ui` prints; it is
// moved out of the address bar at once, and stays in this tab.

const key = "heapdump-token";

/** Whether there was one. */
export function takeToken(): boolean {
  const given = /^#token=([\w-]+)$/.exec(location.hash);
  if (!given?.[1]) return false;
  setToken(given[1]);
  history.replaceState(null, "", location.pathname);
  return true;
}

export function token(): string {
  return sessionStorage.getItem(key) ?? "";
}

export function setToken(text: string): void {
  sessionStorage.setItem(key, text);
}
