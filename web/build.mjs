// Bundles the scripts and styles: node build.mjs DIRECTORY writes those of the report and of the
// viewer there, and node build.mjs --tests DIRECTORY the tests.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { build } from "esbuild";

const common = { bundle: true, charset: "ascii", logLevel: "warning" };
const browsers = ["chrome90", "firefox90", "safari15"];
const libraries = ["d3-hierarchy", "lit-html", "uplot"];

function sources(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    return entry.isDirectory() ? sources(path) : [path];
  });
}

// What is built depends on these files; test/html/test_built.rb compares them with what is committed.
function digest() {
  const hash = createHash("sha256");
  for (const name of ["build.mjs", "package-lock.json", ...sources("src")].sort())
    hash.update(`${name}\0`).update(readFileSync(name));
  return hash.digest("hex");
}

// Where a bundle comes from, and the licences of what is in it.
function banner(contents) {
  const parts = libraries.filter((name) => contents.some((path) => path.includes(`/${name}/`)));
  const licences = parts.map((name) => {
    const text = readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim();
    return `\n\nWith parts of ${name}:\n${text}`;
  });
  return `/*! heapdump, web/ ${digest()}${licences.join("")} */`;
}

async function script(name, directory) {
  const options = {
    ...common,
    entryPoints: { [name]: `src/${name}/main.ts` },
    outdir: directory,
    format: "iife",
    target: ["es2020"],
    minify: true,
    legalComments: "none",
  };
  const { metafile } = await build({ ...options, metafile: true, write: false });
  await build({ ...options, banner: { js: banner(Object.keys(metafile.inputs)) } });
}

async function style(name, directory) {
  await build({
    ...common,
    entryPoints: { [name]: `src/${name}/${name}.css` },
    outdir: directory,
    target: browsers,
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

async function pages(directory) {
  for (const name of ["report", "viewer"]) {
    await script(name, directory);
    await style(name, directory);
  }
}

const [first, second] = process.argv.slice(2);
await (first === "--tests" ? tests(second) : pages(first));
