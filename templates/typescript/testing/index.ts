import { inject, type TestAPI, test as base } from "vitest";

import { ConvexBackend } from "./backend.js";

export { Clock, ConvexBackend, Faults, type FaultTarget } from "./backend.js";
export type { ConvexBackendSettings } from "./settings.js";

/**
 * The `test` of vitest, with a Convex backend for each test that asks for one:
 * the functions of the project and an empty database.
 *
 *     test("…", async ({ convexBackend }) => { … });
 */
export const test: TestAPI<{ convexBackend: ConvexBackend }> = base.extend<{
  convexBackend: ConvexBackend;
}>({
  convexBackend: async ({}, use) => {
    const backend = await ConvexBackend.open(inject("convexBackendServers"));
    await use(backend);
    await backend.close();
  },
});
