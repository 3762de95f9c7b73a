import assert from "node:assert/strict";
import { test } from "node:test";
import type { Place } from "../src/viewer/place.js";
import { addressOf, changed, comparedWith, inDump, moved, placeAt } from "../src/viewer/place.js";
import { destination } from "../src/viewer/screens/search.js";

const place = (hash: string) => placeAt(hash);

test("an address and its place are the same", () => {
  const parameters = { where: 'size > 1k and @a == "x&y=#/?%\u202e"', sort: "size" };
  const one = { dump: "0123456789abcdef", screen: "object", object: "0x7f10", parameters };
  assert.deepEqual(placeAt(addressOf(one)), one);
});

test("what an address does not say", () => {
  for (const hash of ["", "#", "#/", "#//", "#///"])
    assert.deepEqual(place(hash), { dump: "", screen: "overview", object: "", parameters: {} });
  assert.equal(place("#/a/classes?").screen, "classes");
  assert.deepEqual(place("#/a/b/c/d?x=1?y").parameters, { x: "1?y" });
});

test("parameters that say nothing are left out", () => {
  assert.equal(
    addressOf(changed(place("#/a/classes?by=gem&offset=50"), { by: "" })),
    "#/a/classes",
  );
});

test("a list begins anew when its order changes", () => {
  const next = changed(place("#/a/classes?by=gem&offset=50"), { sort: "bytes" });
  assert.equal(addressOf(next), "#/a/classes?by=gem&sort=bytes");
  assert.equal(
    addressOf(changed(next, { offset: "100" })),
    "#/a/classes?by=gem&offset=100&sort=bytes",
  );
});

test("another screen keeps the baseline alone", () => {
  const next = moved(place("#/a/classes?by=gem&baseline=b"), "objects", { class: "C" });
  assert.equal(addressOf(next), "#/a/objects?baseline=b&class=C");
});

test("another dump keeps all but addresses", () => {
  const next = inDump(place("#/a/classes?by=gem&baseline=b&below=0x1&offset=5"), "b");
  assert.equal(addressOf(next), "#/b/classes?by=gem");
  assert.equal(addressOf(inDump(place("#/a/object/0x1?without=0x2"), "c")), "#/c/overview");
  assert.equal(addressOf(inDump(place("#/a/threads/0x1"), "c")), "#/c/threads");
});

test("where the search box leads", () => {
  const leads = (text: string) => addressOf(destination(place("#/a/overview?baseline=b"), text));
  assert.equal(leads(" 0x7F10 "), "#/a/object/0x7f10?baseline=b");
  assert.equal(leads("@state == :open"), "#/a/objects?baseline=b&where=%40state+%3D%3D+%3Aopen");
  assert.equal(leads("size > 1M"), "#/a/objects?baseline=b&where=size+%3E+1M");
  assert.equal(leads("type error"), "#/a/search?baseline=b&text=type+error");
  assert.equal(leads("0xyz"), "#/a/search?baseline=b&text=0xyz");
});

test("without a baseline nothing is ordered by what changed", () => {
  const place = placeAt("#/a/classes?baseline=b&sort=bytes_change&reverse=1");
  assert.equal(addressOf(inDump(place, "b")), "#/b/classes");
  assert.equal(addressOf(inDump(place, "c")), "#/c/classes?baseline=b&sort=bytes_change&reverse=1");
});

test("without a baseline there is neither the order nor a filter of changes", () => {
  const parameters = { baseline: "a", bytes_change: ">1", bytes: ">2", sort: "bytes_change" };
  const here: Place = { dump: "b", screen: "classes", object: "", parameters };
  assert.equal(addressOf(comparedWith(here, "")), "#/b/classes?bytes=%3E2");
  assert.equal(addressOf(inDump(here, "a")), "#/a/classes?bytes=%3E2");
  assert.equal(
    addressOf(comparedWith(here, "c")),
    "#/b/classes?baseline=c&bytes_change=%3E1&bytes=%3E2",
  );
});
