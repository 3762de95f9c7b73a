// The page of `heapdump ui`: it asks the API of the server that it comes from, and shows the answers
// as text. Text from a dump gets into the page by textContent alone.

const KEY = "heapdump-token";
const PAUSE = 200; // milliseconds between two questions to which there is no answer yet

const element = (id) => document.getElementById(id);

// The token stands behind "#token=" in the address that the command prints. It is moved out of the
// address bar at once, and stays in this tab.
function takeToken() {
  const given = /^#token=([\w-]+)$/.exec(location.hash);
  if (!given) return;
  sessionStorage.setItem(KEY, given[1]);
  history.replaceState(null, "", location.pathname);
}

// The answer to a question, which may take a while.
async function ask(question, parameters = {}) {
  const query = new URLSearchParams(parameters);
  for (;;) {
    const response = await fetch(`api/v1/${question}?${query}`, {
      headers: { "X-Heapdump-Token": sessionStorage.getItem(KEY) ?? "" },
    });
    const answer = await response.json();
    if (response.ok && response.status !== 202) return answer;
    if (response.status !== 202 && answer.error?.code !== "opening") throw answer.error;
    say(words(answer.progress ?? answer.job));
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

function words(progress) {
  const work = progress?.work ?? "working";
  return progress?.of ? `${work} … ${Math.floor((100 * progress.done) / progress.of)} %` : `${work} …`;
}

function say(text) {
  element("state").textContent = text;
}

function count(number) {
  return number === null || number === undefined ? "–" : number.toLocaleString("en-US");
}

function row(table, cells, tag = "td") {
  const line = table.insertRow();
  for (const [text, kind] of cells) {
    const cell = document.createElement(tag);
    cell.textContent = text;
    cell.className = kind;
    if (tag === "th") cell.scope = "col";
    line.append(cell);
  }
}

function showSummary(summary) {
  const table = element("summary");
  table.replaceChildren();
  for (const text of summary.warnings) row(table, [["Warning", ""], [text, "name"]]);
  const facts = {
    Ruby: summary.header.ruby ?? "–",
    process: summary.header.pid ?? "–",
    time: summary.header.time ?? "–",
    "resident bytes": count(summary.memory.rss),
    "live objects": count(summary.memory.live),
    "live bytes": count(summary.memory.live_bytes),
  };
  for (const [name, value] of Object.entries(facts)) row(table, [[name, ""], [value, "number"]]);
}

function showClasses(histogram) {
  const table = element("classes");
  table.replaceChildren();
  row(table, [["retained bytes", "number"], ["bytes", "number"], ["objects", "number"], ["class", "name"]], "th");
  for (const one of histogram.items) {
    row(table, [
      [count(one.retained), "number"],
      [count(one.bytes), "number"],
      [count(one.objects), "number"],
      [one.label, "name"],
    ]);
  }
}

async function showDump() {
  const dump = element("dump").value;
  const answers = await Promise.all([ask("summary", { dump }), ask("histogram", { dump, limit: 200 })]);
  if (element("dump").value !== dump) return;
  showSummary(answers[0]);
  showClasses(answers[1]);
  say("");
}

async function start() {
  const dumps = await ask("dumps");
  const choice = element("dump");
  choice.replaceChildren(...dumps.items.map((one) => new Option(one.name, one.id)));
  choice.selectedIndex = dumps.items.length - 1;
  element("login").hidden = true;
  element("main").hidden = dumps.items.length === 0;
  if (dumps.items.length === 0) return say(dumps.note ?? "There is no dump.");
  await showDump();
}

function failed(error) {
  say(error.message ?? String(error));
  element("login").hidden = error.code !== "no_token";
}

element("dump").addEventListener("change", () => showDump().catch(failed));
element("login").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, element("token").value);
  element("token").value = "";
  start().catch(failed);
});

takeToken();
start().catch(failed);
