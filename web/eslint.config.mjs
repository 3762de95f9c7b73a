import js from "@eslint/js";
import ts from "typescript-eslint";

// What would take text for markup: names in a heap are written by strangers.
const unsafe = ["innerHTML", "outerHTML", "insertAdjacentHTML", "write", "writeln"];

export default ts.config(
  { ignores: ["node_modules"] },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json" } },
    rules: {
      "no-restricted-properties": ["error", ...unsafe.map((property) => ({ property }))],
      "no-eval": "error",
      "no-restricted-imports": [
        "error",
        { patterns: ["lit-html/directives/unsafe-*", "lit-html/static.js"] },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { varsIgnorePattern: "^_", argsIgnorePattern: "^_" },
      ],
    },
  },
  { files: ["**/*.mjs"], languageOptions: { globals: { process: "readonly" } } },
  {
    // node:test returns promises that its runner waits for
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-floating-promises": "off" },
  },
);
