// What typescript-eslint has to say of the generated client.

import plugin from "@typescript-eslint/eslint-plugin";
import parser from "@typescript-eslint/parser";

export default [
  ...plugin.configs["flat/recommended-type-checked"],
  {
    languageOptions: {
      parser,
      parserOptions: { project: `${import.meta.dirname}/tsconfig.json` },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // A callback of the user's may throw what it likes.
      "@typescript-eslint/prefer-promise-reject-errors": [
        "error",
        { allowThrowingUnknown: true },
      ],
    },
  },
];
