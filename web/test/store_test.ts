import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Store } from "../src/viewer/store.js";

interface Asked {
  address: string;
  signal: AbortSignal;
  answer: (status: number, body: unknown) => void;
}

// What the store has asked of a server that answers when a test lets it.
let asked: Asked[] = [];
let draws = 0;

beforeEach(() => {
  asked = [];
  draws = 0;
});

Object.assign(globalThis, {
  sessionStorage: { getItem: () => "token" },
  fetch: (address: string, { signal }: { signal: AbortSignal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(new Error("aborted"));
      });
      const answer = (status: number, body: unknown) => {
        resolve({ status, json: () => Promise.resolve(body) });
      };
      asked.push({ address, signal, answer });
    }),
});

const store = () => new Store(() => draws++);
const soon = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ask = (from: Store) => from.entry("strings", { limit: 1 });

test("a question is asked once, and its answer kept", async () => {
  const one = store();
  assert.equal(ask(one).state, "asked");
  one.drawn();
  assert.equal(ask(one).state, "asked");
  assert.deepEqual(
    asked.map(({ address }) => address),
    ["api/v1/strings?limit=1"],
  );
  asked[0]?.answer(200, { total: 7 });
  await soon();
  assert.deepEqual(ask(one), { state: "there", answer: { total: 7 } });
  assert.equal(draws, 1);
});

test("a question goes on while the server works, and tells how far it is", async () => {
  const one = store();
  ask(one);
  asked[0]?.answer(202, { job: { work: "strings", done: 1, of: 2 } });
  await soon(100);
  const entry = ask(one);
  assert.deepEqual(entry.state === "asked" && entry.progress?.done, 1);
  assert.equal(asked.length, 2);
  asked[1]?.answer(200, {});
  await soon();
  assert.equal(ask(one).state, "there");
});

test("what is not shown any more is not asked any more, and nothing is left of it", async () => {
  const one = store();
  ask(one);
  one.drawn();
  one.drawn();
  assert.ok(asked[0]?.signal.aborted);
  await soon();
  assert.equal(ask(one).state, "asked");
  assert.equal(asked.length, 2);
});

test("what was stopped is asked again when one wants that", async () => {
  const one = store();
  const entry = ask(one);
  if (entry.state === "asked") entry.stop();
  await soon();
  const stopped = ask(one);
  assert.equal(stopped.state === "refused" && stopped.code, "stopped");
  if (stopped.state === "refused") stopped.again();
  assert.equal(ask(one).state, "asked");
});

test("an answer that nobody expects ends the waiting", async () => {
  const one = store();
  ask(one);
  asked[0]?.answer(200, null);
  await soon();
  const entry = ask(one);
  assert.equal(entry.state === "refused" && entry.code, "failed");
});

test("the oldest answers are forgotten", async () => {
  const one = store();
  for (let limit = 0; limit < 250; limit++) one.entry("strings", { limit });
  asked.forEach(({ answer }) => {
    answer(200, {});
  });
  await soon();
  one.drawn();
  one.drawn();
  assert.equal(one.entry("strings", { limit: 249 }).state, "there");
  assert.equal(one.entry("strings", { limit: 0 }).state, "asked");
});

test("the store tells whether an answer is still to come", async () => {
  const one = store();
  assert.equal(one.asking, false);
  ask(one);
  assert.equal(one.asking, true);
  asked[0]?.answer(202, { job: {} });
  await soon(20);
  assert.equal(one.asking, true);
  one.drawn();
  one.drawn(); // which did not use it
  assert.equal(one.asking, false);
  ask(one);
  asked.at(-1)?.answer(500, {});
  await soon();
  assert.equal(one.asking, false);
});
