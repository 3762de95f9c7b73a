// Bundles the script and the style of the report: node build.mjs DIRECTORY writes report.js and
// report.css there, and node build.mjs --tests DIRECTORY the tests.
import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const common = { bundle: true, charset: "ascii", logLevel: "warning" };

// The licences of what is in the bundle.
function licences() {
  const text = readFileSync("node_modules/d3-hierarchy/LICENSE", "utf8").trim();
  return `/*! With parts of d3-hierarchy:\n${text} */`;
}

async function page(directory) {
  await build({
    ...common,
    entryPoints: { report: "src/main.ts" },
    outdir: directory,
    format: "iife",
    target: ["es2020"],
    minify: true,
    banner: { js: licences() },
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
