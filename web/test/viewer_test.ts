import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dump, Folded, MergedPaths, Thing } from "../src/viewer/answers.js";
import { command, escaped, quoted, symbol } from "../src/viewer/parts/commands.js";
import { columnsOf } from "../src/viewer/parts/picture.js";
import { fields, sorting } from "../src/viewer/screens/classes.js";
import { beforeOf, lines } from "../src/viewer/screens/holding.js";
import { commonest } from "../src/viewer/screens/overview.js";
import { asOptions } from "../src/viewer/screens/objects.js";
import { inverted } from "../src/viewer/inverted.js";
import { growthOf } from "../src/viewer/growth.js";
import { short } from "../src/viewer/parts/texts.js";

test("words of a shell", () => {
  assert.equal(escaped("Shop::Session"), "Shop::Session");
  assert.equal(escaped("/tmp/a-b_c.json"), "/tmp/a-b_c.json");
  assert.equal(escaped("it's"), "'it'\\''s'");
  for (const bad of ["", "a b", "$(id)", "`id`", "a;b", "a\nb", "~", "*", "é"])
    assert.match(escaped(bad), /^\$?'[^]*'$/);
});

test("what is pasted into a terminal presses no key", () => {
  assert.equal(escaped("it's\\\x03\n"), "$'it\\'s\\\\\\U00000003\\U0000000a'");
  assert.equal(escaped("\u{e0001}\u202e"), "$'\\U000e0001\\U0000202e'");
  assert.equal(quoted('"\x1b[201~\r#{a}\u202e'), '"\\"\\u{1b}[201~\\u{d}\\#{a}\\u{202e}"');
});

test("a name from an address becomes a symbol alone", () => {
  assert.equal(symbol("retained"), ":retained");
  assert.equal(symbol("a); `id`"), ':"a); `id`"');
  assert.equal(symbol("#{exit}"), ':"\\#{exit}"');
});

test("a dump of which only the name is known is a word, too", () => {
  const dump: Dump = {
    id: "",
    name: "$(id).json",
    bytes: 0,
    state: "closed",
    progress: null,
    error: null,
  };
  assert.equal(command([dump], ["why", "A b"]), "heapdump why '$(id).json' 'A b'");
  assert.equal(command([{ ...dump, argument: "a\\ b" }], ["top"]), "heapdump top a\\ b");
});

test("a condition runs nothing in Ruby", () => {
  assert.deepEqual(asOptions({ class: "#{`id`}", type: undefined }), [
    ["--class", "#{`id`}"],
    'class: "\\#{`id`}"',
  ]);
});

test("texts of Ruby run nothing", () => {
  assert.equal(quoted('a"b\\c'), '"a\\"b\\\\c"');
  assert.equal(quoted("#{exit} #$x #@y # z"), '"\\#{exit} \\#$x \\#@y # z"');
});

test("a long text is cut in its middle, with its length", () => {
  assert.equal(short("x".repeat(300)), "x".repeat(300));
  const cut = short(`a${"x".repeat(1_000_000)}b`);
  assert.ok(cut.length < 400);
  assert.match(cut, /^ax+…x+b \(1,000,002 characters\)$/);
});

test("what holds everything is called so", () => {
  const cells: Folded["cells"] = {
    parent: [null, 0],
    label: [0, 1],
    kind: ["node", "class"],
    example: [null, "0x1"],
    objects: [0, 1],
    bytes: [0, 40],
    retained: [40, 40],
  };
  const whole = columnsOf({ total: 2, labels: ["the VM", "A"], cells });
  assert.deepEqual(
    whole.cells.name.map((at) => whole.names[at]),
    ["everything", "A"],
  );
  assert.deepEqual(whole.cells.parent, [0, 0]);
  const below = { ...cells, example: ["0x2", "0x1"] };
  assert.equal(columnsOf({ total: 2, labels: ["H", "A"], cells: below }).names[0], "H");
});

function branch(parent: number | null, text: string, objects: number): MergedPaths["items"][0] {
  const figures = { bytes: objects, retained: objects, own_objects: 0, own_bytes: 0 };
  return { parent, text, other: false, edge: true, example: null, objects, ...figures };
}

function merged(...items: MergedPaths["items"]): MergedPaths {
  const none = { cut: null, released: null, released_bytes: null };
  return { total: items.length, items, garbage: 0, garbage_bytes: 0, ...none };
}

test("branches stand behind the one they grow from, in its order", () => {
  const answer = merged(
    branch(null, "all", 9),
    branch(0, "a", 5),
    branch(0, "b", 4),
    branch(1, "c", 3),
    branch(2, "d", 4),
    branch(1, "e", 2),
  );
  const shown = lines(answer).map(({ branch: one, depth }) => `${"-".repeat(depth)}${one.text}`);
  assert.deepEqual(shown, ["all", "-a", "--c", "--e", "-b", "--d"]);
});

test("paths from the other end are those of the same objects", () => {
  const end = (parent: number, text: string, own: number, below = 0) => ({
    ...branch(parent, text, own + below),
    own_objects: own,
    own_bytes: 40 * own,
  });
  const rest = { ...branch(1, "others", 3), other: true };
  const items = [
    branch(null, "all", 20),
    branch(0, "A", 12),
    branch(0, "B", 8),
    end(1, "@list", 4, 5),
    end(3, "[…]", 5),
    end(2, "@list", 1),
    end(2, "[…]", 7),
    rest,
  ];
  const shown = lines({ items: inverted({ items }).items }).map(
    ({ branch: one, depth }) => `${"-".repeat(depth)}${one.text} ${one.objects}`,
  );
  assert.deepEqual(shown, [
    "all 20",
    "-[…] 12",
    "--B 7",
    "--@list 5",
    "---A 5",
    "-@list 5",
    "--A 4",
    "--B 1",
    "-others 3",
  ]);
  assert.deepEqual(inverted({ items: [] }), { items: [], whole: true });
});

test("of the other tree 200 branches are shown", () => {
  const chain = Array.from({ length: 300 }, (_, at) =>
    branch(at === 0 ? null : at - 1, `${at}`, 1),
  );
  const items = chain.map((one, at) => ({ ...one, own_objects: at === 299 ? 1 : 0 }));
  assert.deepEqual([inverted({ items }).items.length, inverted({ items }).whole], [200, false]);
  const few = chain.slice(0, 200).map((one, at) => ({ ...one, own_objects: at === 199 ? 1 : 0 }));
  assert.deepEqual(
    [inverted({ items: few }).items.length, inverted({ items: few }).whole],
    [200, true],
  );
});

test("the three classes with most objects", () => {
  const objects = ["A", "B", "B", "C", "B", "C", "D", "D"].map((one) => ({
    ...({} as Thing),
    class: one,
  }));
  assert.deepEqual(commonest(objects), [
    ["B", 3],
    ["C", 2],
    ["D", 2],
  ]);
  assert.deepEqual(commonest([]), []);
});

test("a branch keeps its number, by which it can be left out", () => {
  const answer = merged(
    branch(null, "all", 9),
    branch(0, "a", 5),
    branch(0, "b", 4),
    branch(1, "c", 3),
  );
  assert.deepEqual(
    lines(answer).map(({ branch: one, at }) => `${at}${one.text}`),
    ["0all", "1a", "3c", "2b"],
  );
});

test("a tree of five thousand steps is no recursion", () => {
  const items = Array.from({ length: 5_000 }, (_, at) => branch(at === 0 ? null : at - 1, "x", 1));
  assert.equal(lines(merged(...items)).length, 5_000);
});

test("a way that the baseline leaves out has grown by nobody knows how much", () => {
  const now = merged(branch(null, "all", 9), branch(0, "a", 5), branch(0, "b", 4));
  const grown = (...before: MergedPaths["items"]) =>
    lines(now, beforeOf(merged(...before))).map((line) => line.grown);
  const rest = { ...branch(0, "others", 1), other: true };
  assert.deepEqual(grown(branch(null, "all", 3), branch(0, "a", 3)), [6, 2, 4]);
  assert.deepEqual(grown(branch(null, "all", 4), branch(0, "a", 3), rest), [5, 2, null]);
  assert.deepEqual(grown(), [9, 5, 4]);
});

test("groups are in the order of a column that is there", () => {
  const unsaid = { given: (_: string, otherwise = "") => otherwise };
  assert.equal(sorting(unsaid, "class", false), "retained");
  assert.equal(sorting(unsaid, "gem", false), "bytes");
  assert.equal(sorting(unsaid, "gem", true), "bytes_change");
  assert.equal(sorting({ given: () => "objects" }, "gem", false), "objects");
});

test("there is a filter for each column, and for each one that is set", () => {
  const named = (set: string, by: string, compared: boolean) =>
    fields({ given: (one) => (one === set ? "1" : "") }, by, compared).map((one) => one.parameter);
  assert.deepEqual(named("", "class", false), [
    "filter",
    "retained",
    "bytes",
    "objects",
    "garbage",
  ]);
  assert.equal(named("", "class", true).length, 8);
  assert.deepEqual(named("", "gem", true), [
    "filter",
    "bytes",
    "bytes_change",
    "objects",
    "objects_change",
    "garbage",
  ]);
  assert.ok(named("retained", "gem", false).includes("retained"));
  assert.ok(named("bytes_change", "class", false).includes("bytes_change"));
});

test("a number of bytes is one in Ruby, and what is no number runs nothing", () => {
  assert.deepEqual(asOptions({ min_size: "0100" }), [["--min-size", "0100"], "min_size: 100"]);
  assert.equal(asOptions({ min_size: "`id`" })[1], 'min_size: "`id`"');
});

test("growth is told of cells that are on the same way", () => {
  const folded = (labels: string[], parent: (number | null)[], retained: number[]): Folded => ({
    total: labels.length,
    labels,
    cells: {
      parent,
      label: labels.map((_, at) => at),
      kind: labels.map((label) => (label === "others" ? "other" : "class")),
      example: labels.map(() => null),
      objects: retained,
      bytes: retained,
      retained,
    },
  });
  const before = folded(["all", "A", "B", "C"], [null, 0, 1, 0], [100, 60, 50, 40]);
  const now = folded(["all", "C", "A", "B", "others"], [null, 0, 0, 1, 0], [190, 90, 70, 30, 30]);
  assert.deepEqual(growthOf(before, now), [90, 50, 10, 30, null]);
  assert.deepEqual(growthOf(now, now), [0, 0, 0, 0, null]);
});
