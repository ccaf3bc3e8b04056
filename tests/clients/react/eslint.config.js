// What typescript-eslint and the rules of hooks have to say.

import plugin from "@typescript-eslint/eslint-plugin";
import parser from "@typescript-eslint/parser";
import hooks from "eslint-plugin-react-hooks";

export default [
  ...plugin.configs["flat/recommended-type-checked"],
  hooks.configs.flat["recommended-latest"],
  {
    files: ["**/*.ts", "**/*.tsx"],
    languageOptions: {
      parser,
      parserOptions: { project: `${import.meta.dirname}/tsconfig.json` },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // What a hook throws is thrown on as it is.
      "@typescript-eslint/only-throw-error": [
        "error",
        { allowThrowingUnknown: true },
      ],
    },
  },
];
