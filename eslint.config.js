import convex from "@convex-dev/eslint-plugin";
import parser from "@typescript-eslint/parser";

export default [
  { ignores: ["**/_generated/", "node_modules/", ".venv/", "tests/"] },
  ...convex.configs.recommended,
  {
    files: ["**/convex/**/*.ts"],
    languageOptions: { parser, parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: { "@convex-dev/require-access-control": "error" },
  },
];
