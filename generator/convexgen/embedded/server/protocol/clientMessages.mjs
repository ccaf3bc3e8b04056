/**
 * The messages of clients, as they come from the network.
 * Source: the backend's `convex/sync_types/src/types/json.rs` and `udf_path.rs`.
 */

import { checkIdentifier, checkModulePath } from "../refusals/identifiers.mjs";
import { parseJson, weightOfValues } from "./jsonText.mjs";
import { MAX_TIMESTAMP, decodeTimestamp } from "./timestamps.mjs";

/**
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 *
 * @typedef {{ type: "Connect", sessionId: string, maxObservedTimestamp: bigint | null }} Connect
 * @typedef {{ type: "Add", queryId: number, path: string, componentPath: string | null, args: JsonValue, journal: string | null, weight: number }} AddQuery a query to follow, and what it holds of memory, in bytes
 * @typedef {{ type: "Remove", queryId: number }} RemoveQuery
 * @typedef {{ type: "ModifyQuerySet", baseVersion: number, newVersion: number, modifications: (AddQuery | RemoveQuery)[] }} ModifyQuerySet
 * @typedef {{ type: "Mutation" | "Action", requestId: number, path: string, componentPath: string | null, args: JsonValue }} FunctionRequest
 * @typedef {{ tokenType: "Admin", value: string, actingAs: unknown } | { tokenType: "User", value: string } | { tokenType: "None" }} Credentials
 * @typedef {{ type: "Authenticate", baseVersion: number, credentials: Credentials }} Authenticate
 * @typedef {Connect | ModifyQuerySet | FunctionRequest | Authenticate | { type: "Event" }} ClientMessage
 *
 * @typedef {{ [field: string]: unknown }} Fields
 */

/** What a small query takes that is followed, here and in the thread that runs it: 3,100 bytes as measured, and some more. */
const BYTES_OF_QUERY = 4_096;

const MAX_U32 = 2 ** 32 - 1;

const HEX = "[0-9a-f]";
const HYPHENATED = `${HEX}{8}-${HEX}{4}-${HEX}{4}-${HEX}{4}-${HEX}{12}`;
/** All forms that the Rust library for UUIDs reads. */
const UUID = new RegExp(
  `^(?:${HEX}{32}|${HYPHENATED}|\\{${HYPHENATED}\\}|urn:uuid:${HYPHENATED})$`,
  "i",
);

/**
 * @param {string} text
 * @returns {ClientMessage}
 * @throws {Error} when it is none
 */
export function parseClientMessage(text) {
  const fields = fieldsOf(parseJson(text), "a message");
  const { type } = fields;
  switch (type) {
    case "Connect":
      return parseConnect(fields);
    case "ModifyQuerySet":
      return {
        type,
        baseVersion: u32(fields, "baseVersion"),
        newVersion: u32(fields, "newVersion"),
        modifications: list(fields, "modifications").map(parseModification),
      };
    case "Mutation":
    case "Action":
      if (isMissing(fields.args)) throw new Error(`${type} lacks args`);
      return {
        type,
        requestId: u32(fields, "requestId"),
        path: functionPathIn(fields),
        componentPath: optionalString(fields, "componentPath"),
        args: /** @type {JsonValue} */ (fields.args),
      };
    case "Authenticate":
      return {
        type,
        baseVersion: u32(fields, "baseVersion"),
        credentials: parseCredentials(fields),
      };
    case "Event":
      string(fields, "eventType");
      if (fields.event === undefined) throw new Error("missing field `event`");
      return { type };
    default:
      throw new Error(`unknown message: ${JSON.stringify(type)}`);
  }
}

/**
 * @param {Fields} fields
 * @returns {Connect}
 */
function parseConnect(fields) {
  u32(fields, "connectionCount");
  optionalString(fields, "lastCloseReason");
  const observed = optionalString(fields, "maxObservedTimestamp");
  return {
    type: "Connect",
    sessionId: uuid(string(fields, "sessionId")),
    maxObservedTimestamp: observed === null ? null : timestamp(observed),
  };
}

/**
 * @param {unknown} value
 * @returns {AddQuery | RemoveQuery}
 */
function parseModification(value) {
  const fields = fieldsOf(value, "a modification");
  const { type } = fields;
  switch (type) {
    case "Add":
      return {
        type,
        queryId: u32(fields, "queryId"),
        path: functionPathIn(fields),
        componentPath: optionalString(fields, "componentPath"),
        args: /** @type {JsonValue} */ (fields.args ?? null),
        journal: optionalString(fields, "journal"),
        weight: weightOfQuery(JSON.stringify(fields)),
      };
    case "Remove":
      return { type, queryId: u32(fields, "queryId") };
    default:
      throw new Error(`unknown modification: ${JSON.stringify(type)}`);
  }
}

/** @param {string} text of its JSON */
function weightOfQuery(text) {
  return BYTES_OF_QUERY + text.length + weightOfValues(text);
}

/**
 * @param {Fields} fields
 * @returns {Credentials}
 */
function parseCredentials(fields) {
  const { tokenType } = fields;
  switch (tokenType) {
    case "Admin": {
      const value = string(fields, "value");
      const actingAs = fields.acting_as ?? fields.impersonating ?? null;
      return { tokenType, value, actingAs };
    }
    case "User":
      return { tokenType, value: string(fields, "value") };
    case "None":
      return { tokenType };
    default:
      throw new Error(`unknown tokenType: ${JSON.stringify(tokenType)}`);
  }
}

/**
 * @param {unknown} value
 * @param {string} what it should be
 * @returns {Fields}
 */
function fieldsOf(value, what) {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return /** @type {Fields} */ (value);
  throw new Error(`invalid type: ${what} is an object`);
}

/** @param {unknown} value */
function isMissing(value) {
  return value === undefined || value === null;
}

/**
 * @param {Fields} fields
 * @param {string} name
 */
function u32(fields, name) {
  const value = fields[name];
  if (value === undefined) throw new Error(`missing field \`${name}\``);
  if (
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= 0 &&
    value <= MAX_U32
  )
    return value;
  throw new Error(`\`${name}\` is ${JSON.stringify(value)}, expected u32`);
}

/**
 * @param {Fields} fields
 * @param {string} name
 * @returns {string}
 */
function string(fields, name) {
  const value = optionalString(fields, name);
  if (value === null) throw new Error(`missing field \`${name}\``);
  return value;
}

/**
 * @param {Fields} fields
 * @param {string} name
 * @returns {string | null}
 */
function optionalString(fields, name) {
  const value = fields[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== "string")
    throw new Error(`\`${name}\` is ${typeof value}, expected a string`);
  return value;
}

/**
 * @param {Fields} fields
 * @param {string} name
 * @returns {unknown[]}
 */
function list(fields, name) {
  const value = fields[name];
  if (!Array.isArray(value)) throw new Error(`${name} is missing, or no list`);
  return value;
}

/**
 * @param {string} text
 * @returns {string} in its one form
 */
function uuid(text) {
  // Who knows a session's id can read its answers: it is not repeated.
  if (!UUID.test(text)) throw new Error("`sessionId` is no UUID");
  const digits = text.replace(/^urn:uuid:/i, "").replace(/[-{}]/g, "");
  return digits
    .toLowerCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** @param {string} text */
function timestamp(text) {
  const decoded = decodeTimestamp(text);
  if (decoded === null) throw new Error("u64 must be 8 bytes");
  if (decoded > MAX_TIMESTAMP) throw new Error(`ts ${decoded} too large`);
  return decoded;
}

/** @param {Fields} fields */
function functionPathIn(fields) {
  const path = string(fields, "udfPath");
  const colon = path.lastIndexOf(":");
  if (colon >= 0) checkIdentifier(path.slice(colon + 1));
  checkModule(colon < 0 ? path : path.slice(0, colon));
  return path;
}

/** @param {string} path of a module, with or without its ending */
function checkModule(path) {
  const parts = path.split("/").filter((part, n) => part !== "" || n === 0);
  const name = parts.at(-1) ?? "";
  if (path.startsWith("/"))
    throw new Error(`Module paths must be relative (${path} is absolute).`);
  if (name === "" || name === "..")
    throw new Error(`Module path ${path} doesn't have a filename.`);
  if (parts.some((part) => part === "." || part === ".."))
    throw new Error(`Invalid path component in ${path}.`);
  const extension = /.\.([^.]*)$/.exec(name)?.[1];
  if (extension !== undefined && extension !== "js") {
    throw new Error(`Module path (${path}) has an extension that isn't 'js'.`);
  }
  checkModulePath(
    extension === undefined ? `${parts.join("/")}.js` : parts.join("/"),
  );
}
