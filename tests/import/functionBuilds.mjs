/**
 * Prints which functions a project has whose modules load, and how often they were bundled for it.
 *
 * Usage: node functionBuilds.mjs PROJECT
 */

import { join } from "node:path";

const server = new URL(
  "../../generator/convexgen/embedded/server/project/",
  import.meta.url,
);
const { exportFunctions } = await import(
  new URL("functionsExport.mjs", server)
);
const { packagesFor } = await import(new URL("project.mjs", server));

const [root = ""] = process.argv.slice(2);
const folder = join(root, "convex");
const packages = packagesFor(root, folder);
let builds = 0;
const counted = async (path) => {
  const { build, stop } = await packages.esbuild.import(path);
  const counting = (options) => {
    builds += 1;
    return build(options);
  };
  return { build: counting, stop };
};
const { functions, leftOut } = await exportFunctions(
  { ...packages, esbuild: { import: counted } },
  folder,
  { leftOut: {}, onModule: () => {} },
);
const names = functions.map(({ identifier }) => identifier);
const reasons = Object.fromEntries(
  leftOut.map(({ module, reason }) => [module, reason]),
);
console.log(JSON.stringify({ builds, names, reasons }));
