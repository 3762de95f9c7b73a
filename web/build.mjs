// Bundles the script and the style of the report: node build.mjs DIRECTORY writes report.js and
// report.css there, and node build.mjs --tests DIRECTORY the tests.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const common = { bundle: true, charset: "ascii", logLevel: "warning" };

// What is built depends on these files; test/html/test_built.rb compares them with what is committed.
function digest() {
  const sources = readdirSync("src").map((name) => `src/${name}`);
  const hash = createHash("sha256");
  for (const name of ["build.mjs", "package-lock.json", ...sources].sort())
    hash.update(`${name}\0`).update(readFileSync(name));
  return hash.digest("hex");
}

// Where the bundle comes from, and the licence of what is in it.
function banner() {
  const licence = readFileSync("node_modules/d3-hierarchy/LICENSE", "utf8").trim();
  return `/*! heapdump, web/ ${digest()}\n\nWith parts of d3-hierarchy:\n${licence} */`;
}

async function page(directory) {
  await build({
    ...common,
    entryPoints: { report: "src/main.ts" },
    outdir: directory,
    format: "iife",
    target: ["es2020"],
    minify: true,
    banner: { js: banner() },
  });
  await build({
    ...common,
    entryPoints: { report: "src/report.css" },
    outdir: directory,
    target: ["chrome90", "firefox90", "safari15"],
    minify: true,
  });
}

async function tests(directory) {
  const names = readdirSync("test").filter((name) => name.endsWith("_test.ts"));
  await build({
    ...common,
    entryPoints: names.map((name) => `test/${name}`),
    outdir: directory,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    format: "esm",
  });
}

const [first, second] = process.argv.slice(2);
await (first === "--tests" ? tests(second) : page(first));
