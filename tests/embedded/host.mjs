/** The embedded backend's host for a project of this directory, within this process. */

import { fileURLToPath } from "node:url";
import { convexTest } from "convex-test";
import * as values from "convex/values";

const server = new URL(
  "../../generator/convexgen/embedded/server/",
  import.meta.url,
);
const { buildProject, loadBundle } = await import(
  new URL("project/bundle.mjs", server)
);
const { Host } = await import(new URL("functions/host.mjs", server));
const { Project } = await import(new URL("project/project.mjs", server));

export const { CommitStore } = await import(
  new URL("database/commits.mjs", server)
);
export const { compareValues } = await import(
  new URL("values/order.mjs", server)
);
export const { ADMIN, ANONYMOUS } = await import(
  new URL("identity/identity.mjs", server)
);
export const { seededRandom } = await import(new URL("randomness.mjs", server));

const TIMEOUT = 300_000;

/** @param {string} [directory] of the project */
export async function loadProject(directory = "project") {
  const project = new Project(
    fileURLToPath(new URL(directory, import.meta.url)),
    "convex",
  );
  const bundle = await loadBundle(await buildProject(project));
  return { project, bundle };
}

/** @param {any} loaded a project, from `loadProject` */
export const newHost = ({ project, bundle }, initial = null) =>
  new Host({
    bundle,
    libraries: { convexTest: { convexTest }, values },
    functionsDirectory: project.functionsDirectory,
    timeouts: { query: TIMEOUT, mutation: TIMEOUT, action: TIMEOUT },
    initial,
  });

export async function loadHost({ directory = "project", initial = null } = {}) {
  return newHost(await loadProject(directory), initial);
}
