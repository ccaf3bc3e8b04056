/** Whether a call from outside can be made: what function it is of, and its arguments. */

import { CallError } from "../errors.mjs";
import {
  ROOT,
  canonicalPath,
  functionPath,
  strippedPath,
} from "../calls/definitions.mjs";
import { UnsupportedValue, decodeValue } from "../values/json.mjs";
import {
  LimitExceeded,
  MAX_ARGUMENTS_SIZE,
  formatSize,
  measure,
} from "../values/limits.mjs";
import { findViolation } from "../values/validator.mjs";
import { hasPendingTimestamp } from "../values/values.mjs";

/**
 * @typedef {import("../calls/definitions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {import("./mounts.mjs").Mounts} Mounts
 * @typedef {import("../calls/executions.mjs").Call} Call
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../identity/identity.mjs").Identity} Identity
 * @typedef {import("../calls/job.mjs").Job} Job
 * @typedef {import("../values/json.mjs").Encoder} Encoder
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("../database/turns.mjs").Turn} Turn
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 *
 * @typedef {object} CallRequest
 * @property {string} path
 * @property {string} [componentPath] which administrators may name
 * @property {FunctionKind | null} kind null: whatever it is
 * @property {JsonValue | undefined} args an object, or an array of one
 * @property {Identity} identity
 * @property {import("../calls/metadata.mjs").Client} [client] none for calls of the server itself
 * @property {Encoder} [encode] of the result; lossless by default
 * @property {string | null} [journal]
 * @property {Turn | null} [turn] held for several calls
 * @property {number} [id] of the call, which no other one that runs has
 * @property {((call: Call) => void) | undefined} [onStart]
 * @property {Job | null} [job] that the call is of
 */

const KIND_NAMES = { query: "Query", mutation: "Mutation", action: "Action" };

/**
 * @param {CallRequest} request
 * @param {Mounts} mounts
 * @returns {FunctionDefinition}
 * @throws {CallError} for one that is not there, is not the caller's, or is of another kind
 */
export function findDefinition(
  { path, componentPath = ROOT, kind, identity },
  mounts,
) {
  const normalized = functionPath(path);
  const definition = mounts.get(componentPath)?.functions.get(normalized);
  const isPublic = definition?.isPublic && componentPath === ROOT;
  if (definition === undefined || !(identity.isAdmin || isPublic)) {
    const sought = identity.isAdmin ? "function" : "public function";
    throw new CallError(
      `Could not find ${sought} for '${strippedPath(normalized)}'. ` +
        "Did you forget to run `npx convex dev` or `npx convex deploy`?",
    );
  }
  if (kind !== null && definition.kind !== kind) {
    throw new CallError(
      `Trying to execute ${canonicalPath(normalized)} as ${KIND_NAMES[kind]}, but it is defined ` +
        `as ${KIND_NAMES[definition.kind]}.`,
    );
  }
  return definition;
}

/**
 * @param {FunctionDefinition} definition
 * @param {CallRequest} request
 * @param {Mounts} mounts
 * @returns {ConvexValue}
 * @throws {CallError} for what is no value, too large, or refused by the validator
 */
export function checkedArguments(
  definition,
  { args: json, componentPath = ROOT },
  mounts,
) {
  const path = canonicalPath(definition.path);
  const { args, size } = decodeArguments(path, json);
  if (size > MAX_ARGUMENTS_SIZE) {
    throw new CallError(
      `Arguments for ${path} are too large (actual: ${formatSize(size)}, ` +
        `limit: ${formatSize(MAX_ARGUMENTS_SIZE)})`,
    );
  }
  const { tables } = (mounts.get(componentPath) ?? mounts.root).database;
  const violation = findViolation(definition.args, args, tables.nameOfId);
  if (violation !== null)
    throw new CallError(`ArgumentValidationError: ${violation}`);
  return args;
}

/**
 * @param {string} path of the function
 * @param {CallRequest["args"]} json
 * @returns {{ args: ConvexValue, size: number }}
 * @throws {CallError}
 */
function decodeArguments(path, json) {
  try {
    const args = decodeValue((Array.isArray(json) ? json[0] : json) ?? {});
    const { size } = measure([args]);
    if (hasPendingTimestamp(args))
      throw new UnsupportedValue("a commit timestamp exists in mutations only");
    return { args, size };
  } catch (error) {
    if (!(error instanceof LimitExceeded || error instanceof UnsupportedValue))
      throw error;
    throw new CallError(`Invalid arguments for ${path}: ${error.message}`);
  }
}
