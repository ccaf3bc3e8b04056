/**
 * Prints what the types of `convex/server` say that `ctx` has: by kind of function, the paths of
 * all members that are no objects of members themselves.
 */

import { fileURLToPath } from "node:url";
import ts from "typescript";

const TYPES = {
  query: "GenericQueryCtx",
  mutation: "GenericMutationCtx",
  action: "GenericActionCtx",
};
const FILE = fileURLToPath(new URL("contexts.ts", import.meta.url));
const TEXT = `import type * as server from "convex/server";
${Object.entries(TYPES)
  .map(
    ([kind, type]) =>
      `export declare const ${kind}: server.${type}<server.GenericDataModel>;`,
  )
  .join("\n")}`;

const options = {
  strict: true,
  noEmit: true,
  types: [],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ESNext,
};
const host = ts.createCompilerHost(options);
const { fileExists, readFile } = host;
host.fileExists = (name) => name === FILE || fileExists(name);
host.readFile = (name) => (name === FILE ? TEXT : readFile(name));
const program = ts.createProgram([FILE], options, host);
const source = program.getSourceFile(FILE);
const errors = program.getSemanticDiagnostics(source);
if (errors.length > 0)
  throw new Error(
    ts.formatDiagnostics(errors, {
      ...host,
      getCanonicalFileName: String,
      getNewLine: () => "\n",
      getCurrentDirectory: () => "",
    }),
  );
const checker = program.getTypeChecker();

/**
 * A type with `toJSON` is one of values.
 *
 * @param {import("typescript").Type} type
 * @param {string} path
 * @returns {string[]}
 */
function membersOf(type, path) {
  const isObject = (type.flags & ts.TypeFlags.Object) !== 0;
  const isValue = type.getProperty("toJSON") !== undefined;
  if (!isObject || isValue || type.getCallSignatures().length > 0)
    return [path];
  return type
    .getProperties()
    .flatMap((property) =>
      membersOf(
        checker.getTypeOfSymbol(property),
        path === "" ? property.name : `${path}.${property.name}`,
      ),
    )
    .sort();
}

const members = checker
  .getExportsOfModule(checker.getSymbolAtLocation(source))
  .map((symbol) => [
    symbol.name,
    membersOf(checker.getTypeOfSymbol(symbol), ""),
  ]);
console.log(JSON.stringify(Object.fromEntries(members)));
