/**
 * Prints the function spec of a project, with no server:
 * `node printFunctionSpec.mjs --project DIR [--functions DIR]`.
 */

import { parseArgs } from "node:util";
import { buildProject, loadBundle } from "./project/bundle.mjs";
import { DEFAULT_URLS, setDeploymentUrls } from "./project/deploymentUrls.mjs";
import { StartError } from "./errors.mjs";
import { functionSpecOfModules } from "./project/functionSpec.mjs";
import { Project } from "./project/project.mjs";

async function main() {
  const { values } = parseArgs({
    options: {
      project: { type: "string", default: "." },
      functions: { type: "string" },
    },
  });
  process.setSourceMapsEnabled(true);
  setDeploymentUrls(DEFAULT_URLS);
  // What functions print while they load is not a part of the spec.
  globalThis.console = new console.Console(process.stderr);
  const project = new Project(values.project, values.functions ?? null);
  const { modules } = await loadBundle(await buildProject(project));
  const spec = JSON.stringify(functionSpecOfModules(modules), null, 2);
  process.stdout.write(`${spec}\n`, () => process.exit(0));
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
