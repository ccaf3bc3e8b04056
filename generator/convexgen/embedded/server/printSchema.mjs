/**
 * Prints what a schema exports, with the files that it is made of, with no server:
 * `node printSchema.mjs --project DIR --schema FILE`, or `--functions DIR` for the one in it.
 */

import { parseArgs } from "node:util";
import { printRead } from "./threads/printing.mjs";

await printRead(() => {
  const { values } = parseArgs({
    options: {
      project: { type: "string", default: "." },
      functions: { type: "string" },
      schema: { type: "string" },
    },
  });
  return { what: "schema", ...values, indent: 0 };
});
