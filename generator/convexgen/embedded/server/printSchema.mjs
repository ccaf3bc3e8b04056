/**
 * Prints what a schema exports, with the files that it is made of, with no server:
 * `node printSchema.mjs --project DIR --schema FILE`, or `--functions DIR` for the one in it.
 */

import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { StartError } from "./errors.mjs";
import { readConvexJson } from "./project/convexJson.mjs";
import { DEFAULT_URLS, setDeploymentUrls } from "./project/deploymentUrls.mjs";
import { packagesFor } from "./project/project.mjs";
import { exportSchema, schemaIn } from "./project/schemaExport.mjs";

async function main() {
  const { values } = parseArgs({
    options: {
      project: { type: "string", default: "." },
      functions: { type: "string" },
      schema: { type: "string" },
    },
  });
  process.setSourceMapsEnabled(true);
  setDeploymentUrls(DEFAULT_URLS);
  // What the schema prints while it loads is not a part of it.
  globalThis.console = new console.Console(process.stderr);
  const root = realpathSync(values.project);
  const folder = values.functions ?? readConvexJson(root).functions;
  const functions = join(root, folder);
  const file =
    values.schema === undefined ? schemaIn(functions) : resolve(values.schema);
  const exported = await exportSchema(packagesFor(root, functions), file);
  const printed = JSON.stringify(exported);
  process.stdout.write(`${printed}\n`, () => process.exit(0));
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
