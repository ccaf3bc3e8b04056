/** What the functions of a module are, as a push finds and checks them. */

import { canonicalPath } from "../calls/definitions.mjs";
import { checkIdentifier } from "../refusals/identifiers.mjs";
import {
  Refusal,
  explained,
  whileLoading,
  whilePushing,
} from "../refusals/refusal.mjs";
import { checkValidator } from "./validators.mjs";

/**
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../calls/definitions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {import("../calls/definitions.mjs").RegisteredFunction} RegisteredFunction
 * @typedef {import("../values/validator.mjs").ValidatorJson} ValidatorJson
 */

/**
 * What was found in modules, which stay as they are: a reset opens a database for the same ones.
 *
 * @type {WeakMap<object, FunctionDefinition[]>} by what they export
 */
const analyzed = new WeakMap();

/**
 * Source: `udf_analyze` in the backend's `isolate/src/environment/analyze.rs`.
 *
 * @param {string} modulePath such as `dir/module`
 * @param {{ [name: string]: unknown }} exports
 * @returns {FunctionDefinition[]}
 * @throws {import("../errors.mjs").StartError} for names and validators that a push refuses
 */
export function analyzeModule(modulePath, exports) {
  const found = analyzed.get(exports);
  if (found !== undefined) return found;
  const definitions = [];
  for (const [name, exported] of Object.entries(exports)) {
    // `query({ … })` and the like make functions with properties.
    if (typeof exported !== "function" || !("exportArgs" in exported)) continue;
    const registered = /** @type {RegisteredFunction} */ (
      /** @type {unknown} */ (exported)
    );
    const kind = kindOf(registered);
    if (kind === null) continue;
    const path = `${modulePath}:${name}`;
    const args = argumentsOf(path, registered);
    const returns = returnsOf(path, registered);
    checkFunctionName(modulePath, name);
    definitions.push({
      path,
      kind,
      isPublic: registered.isPublic === true,
      args,
      returns,
      handler: registered._handler,
    });
  }
  analyzed.set(exports, definitions);
  return definitions;
}

/**
 * @param {RegisteredFunction} registered
 * @returns {FunctionKind | null} null for an HTTP action
 */
function kindOf(registered) {
  if (registered.isQuery) return "query";
  if (registered.isMutation) return "mutation";
  return registered.isAction ? "action" : null;
}

/**
 * @param {string} modulePath
 * @param {string} name
 */
function checkFunctionName(modulePath, name) {
  whilePushing(() =>
    explained(`Invalid function name used in \`${modulePath}.js\`: `, () =>
      checkIdentifier(name),
    ),
  );
}

/**
 * @param {string} path
 * @param {RegisteredFunction} registered
 * @param {"exportArgs" | "exportReturns"} method
 * @returns {any} parsed JSON
 * @throws {import("../errors.mjs").StartError} for what is no validator
 */
function exportedValidator(path, registered, method) {
  const shown = canonicalPath(path);
  return whileLoading(() => {
    try {
      return JSON.parse(registered[method]());
    } catch (error) {
      const [module] = shown.split(":");
      const key = method === "exportArgs" ? "args" : "returns";
      throw new Refusal(
        `Failed to analyze ${module}: Uncaught ${error}\n(\`${key}\` of ${shown} is no validator.)`,
      );
    }
  });
}

/**
 * Source: `model/src/modules/function_validators.rs` of the backend, as for `returnsOf`.
 *
 * @param {string} path
 * @param {RegisteredFunction} registered
 * @returns {ValidatorJson}
 */
function argumentsOf(path, registered) {
  /** @type {ValidatorJson} */
  const args = exportedValidator(path, registered, "exportArgs");
  const place = `Invalid JSON returned from ${canonicalPath(path)}.exportArgs(): `;
  whileLoading(() => {
    explained(
      `${place}Error in args validator: `,
      () => checkValidator(args),
      "\nSee https://docs.convex.dev/functions/validation for docs on how to do argument validation.",
    );
    if (args.type !== "object" && args.type !== "any")
      throw new Refusal(`${place}Args validator must be an object or any`);
  });
  return args;
}

/**
 * @param {string} path
 * @param {RegisteredFunction} registered
 * @returns {ValidatorJson | null}
 */
function returnsOf(path, registered) {
  /** @type {ValidatorJson | null} */
  const returns = exportedValidator(path, registered, "exportReturns");
  const place = `Invalid JSON returned from ${canonicalPath(path)}.exportReturns(): `;
  whileLoading(() =>
    explained(
      `${place}Error in returns validator: `,
      () => returns !== null && checkValidator(returns),
      "\nSee https://docs.convex.dev/functions/validation for docs on how to do return value " +
        "validation.",
    ),
  );
  return returns;
}
