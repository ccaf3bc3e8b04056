/**
 * Prints the function spec of a project, with no server:
 * `node printFunctionSpec.mjs --project DIR [--functions DIR] [--incomplete]`.
 */

import { realpathSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildProject, loadBundle } from "./project/bundle.mjs";
import { DEFAULT_URLS, setDeploymentUrls } from "./project/deploymentUrls.mjs";
import { StartError } from "./errors.mjs";
import { functionSpecOfModules } from "./project/functionSpec.mjs";
import { exportFunctions } from "./project/functionsExport.mjs";
import { readConvexJson } from "./project/convexJson.mjs";
import { Project, packagesFor } from "./project/project.mjs";

async function main() {
  const { values } = parseArgs({
    options: {
      project: { type: "string", default: "." },
      functions: { type: "string" },
      incomplete: { type: "boolean", default: false },
    },
  });
  process.setSourceMapsEnabled(true);
  setDeploymentUrls(DEFAULT_URLS);
  // What functions print while they load is not a part of the spec.
  globalThis.console = new console.Console(process.stderr);
  const { project, functions = null, incomplete } = values;
  const read = incomplete ? loadable : whole;
  const spec = JSON.stringify(await read(project, functions), null, 2);
  process.stdout.write(`${spec}\n`, () => process.exit(0));
}

/**
 * @param {string} root
 * @param {string | null} functions
 */
async function whole(root, functions) {
  const project = new Project(root, functions);
  const { modules } = await loadBundle(await buildProject(project));
  return functionSpecOfModules(modules);
}

/**
 * What there is of a project that need not be complete, and why modules are left out.
 *
 * @param {string} root
 * @param {string | null} functions
 */
async function loadable(root, functions) {
  const folder = join(
    realpathSync(root),
    functions ?? readConvexJson(root).functions,
  );
  return exportFunctions(packagesFor(root, folder), folder);
}

try {
  await main();
} catch (error) {
  const text =
    error instanceof StartError
      ? error.message
      : error instanceof Error
        ? error.stack
        : String(error);
  process.stderr.write(`${text}\n`, () => process.exit(1));
}
