/**
 * Prints the function spec of a project, with no server:
 * `node printFunctionSpec.mjs --project DIR [--functions DIR] [--incomplete]`.
 */

import { parseArgs } from "node:util";
import { printRead } from "./threads/printing.mjs";

await printRead(() => {
  const { values } = parseArgs({
    options: {
      project: { type: "string", default: "." },
      functions: { type: "string" },
      incomplete: { type: "boolean", default: false },
    },
  });
  const { project, functions, incomplete } = values;
  const what = incomplete ? "loadableFunctions" : "functions";
  return { what, project, functions, indent: 2 };
});
