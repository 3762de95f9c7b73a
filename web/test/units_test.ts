import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, count, objects, percent, shortened } from "../src/common/units.js";

// The same as lib/heapdump/terminal/units.rb; test/html/test_browser.rb compares both in a page.
test("numbers are grouped by three digits", () => {
  const shown = [0, 7, 999, 1000, 31337, 1234567].map(count);
  assert.deepEqual(shown, ["0", "7", "999", "1,000", "31,337", "1,234,567"]);
});

test("sizes have one digit behind the point from KiB on", () => {
  const shown = [0, 1023, 1024, 1536, 1048524, 1048525, 2 ** 30 * 1.26, 2 ** 60].map(bytes);
  assert.deepEqual(shown, [
    "0 B",
    "1,023 B",
    "1.0 KiB",
    "1.5 KiB",
    "1,023.9 KiB",
    "1.0 MiB",
    "1.3 GiB",
    "1,024.0 PiB",
  ]);
});

test("a small share is not nothing", () => {
  assert.deepEqual(
    [percent(0, 10), percent(1, 10_000), percent(1, 3), percent(1, 0)],
    ["0.0 %", "<0.1 %", "33.3 %", "-"],
  );
});

test("one object is one", () => {
  assert.deepEqual([1, 2, 1000].map(objects), ["1 object", "2 objects", "1,000 objects"]);
});

test("of a long name the middle is left out", () => {
  const to = (most: number) =>
    shortened("Bundler::Definition", (text) => Array.from(text).length <= most);
  assert.deepEqual([99, 19, 18, 11, 4, 3, 2, 1].map(to), [
    "Bundler::Definition",
    "Bundler::Definition",
    "Bundler::…finition",
    "Bundl…ition",
    "Bu…n",
    "B…n",
    "",
    "",
  ]);
  assert.equal(
    shortened("😀😀😀😀", (text) => Array.from(text).length <= 3),
    "😀…😀",
  );
});
