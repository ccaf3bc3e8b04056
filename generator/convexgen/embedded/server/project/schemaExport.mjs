/** What a file with a schema exports, of a project that need not be complete: what it does not use may be missing. */

import { dirname, join, relative, resolve } from "node:path";
import { StartError } from "../errors.mjs";
import { runEsbuild } from "./build.mjs";
import { incompleteOptions, textOf } from "./incomplete.mjs";
import { describe, importText } from "./load.mjs";

/**
 * @typedef {import("./project.mjs").IncompleteProject} IncompleteProject
 *
 * @typedef {object} ExportedSchema
 * @property {unknown} schema in JSON, as Convex's own tools push it
 * @property {{ path: string, text: string }[]} sources the files that it is made of, but those of packages
 */

/**
 * @param {IncompleteProject} project
 * @param {string} file
 * @returns {Promise<ExportedSchema>}
 * @throws {StartError} with the place of what does not compile, or is missing and used
 */
export async function exportSchema(project, file) {
  /** @type {Set<string>} */
  const sought = new Set();
  const text = await runEsbuild(project, dirname(file), {
    ...incompleteOptions(project, "the schema", sought),
    outfile: join(project.root, "schema.mjs"),
    entryPoints: [file],
  });
  const { exports } = await load(text, file);
  const schema = exportedOf(exports, file);
  const sources = [...sought]
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => ({ path: relative(project.root, path), text: textOf(path) }))
    .filter((source) => source.text !== "");
  return { schema, sources };
}

/**
 * @param {string} text
 * @param {string} file
 */
async function load(text, file) {
  try {
    return await importText(text);
  } catch (error) {
    throw new StartError(`${file} cannot be evaluated.\n${describe(error)}`);
  }
}

/**
 * @param {{ default?: unknown }} loaded
 * @param {string} file
 */
function exportedOf({ default: schema }, file) {
  if (typeof schema !== "object" || schema === null || !("export" in schema)) {
    throw new StartError(
      `${file} has no schema: its default export is not what \`defineSchema\` gives.`,
    );
  }
  try {
    const { export: exported } = /** @type {{ export: () => string }} */ (
      schema
    );
    return JSON.parse(exported.call(schema));
  } catch (error) {
    throw new StartError(
      `${file}: the schema cannot be exported.\n${describe(error)}`,
    );
  }
}

/**
 * @param {string} folder
 * @returns {string} the schema in a folder of functions
 * @throws {StartError}
 */
export function schemaIn(folder) {
  for (const name of ["schema.ts", "schema.js"]) {
    const file = resolve(folder, name);
    if (textOf(file) !== "") return file;
  }
  throw new StartError(`There is no schema.ts in ${folder}.`);
}
