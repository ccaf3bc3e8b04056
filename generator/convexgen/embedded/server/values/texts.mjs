/** Arguments of system calls that must be texts. */

/**
 * Source: `with_argument_error` in the backend's `isolate/src/environment/helpers/mod.rs`, around
 * what serde says of other JSON.
 *
 * @param {string} operation such as `db.patch`
 * @param {string} name of the argument
 * @param {unknown} value parsed JSON, undefined when it is missing
 * @returns {string}
 * @throws {Error} for what is no text
 */
export function textArgument(operation, name, value) {
  if (typeof value === "string") return value;
  const reason =
    value === undefined
      ? `missing field \`${name}\``
      : `invalid type: ${described(value)}, expected a string`;
  throw new Error(`Invalid arguments for \`${operation}\`: ${reason}`);
}

/** @param {unknown} value */
function described(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "sequence";
  switch (typeof value) {
    case "boolean":
      return `boolean \`${value}\``;
    case "number":
      return Number.isInteger(value)
        ? `integer \`${value}\``
        : `floating point \`${value}\``;
    default:
      return "map";
  }
}
