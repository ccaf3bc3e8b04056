import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: ".vite",
  test: {
    globalSetup: "./generated/typescript/testing/setup.ts",
    maxWorkers: 2,
    // For what hangs; nothing is judged for being slow.
    hookTimeout: 300_000,
    testTimeout: 300_000,
    expect: { poll: { timeout: 900_000 } },
  },
});
