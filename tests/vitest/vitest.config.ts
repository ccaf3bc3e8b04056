import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: ".vite",
  test: {
    globalSetup: "./generated/typescript/testing/setup.ts",
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
