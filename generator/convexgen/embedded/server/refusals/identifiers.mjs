/**
 * Names as Convex takes them.
 * Source: `identifier.rs` and `path.rs` of the backend's `convex/sync_types/src`,
 * and its `value/src/field_path.rs`.
 */

import { Refusal } from "./refusal.mjs";

const MAX_LENGTH = 64;

/**
 * @param {string} name of a table, an index, a field or a function
 * @throws {Refusal}
 */
export function checkIdentifier(name) {
  const [first] = name;
  if (first === undefined) throw new Refusal("Identifier cannot be empty");
  if (!/[A-Za-z_]/.test(first)) {
    throw new Refusal(
      `Invalid first character ${quotedCharacter(first)} in ${name}: Identifiers must start with an ` +
        "alphabetic character or underscore",
    );
  }
  const invalid = /[^\w]/u.exec(name)?.[0];
  if (invalid !== undefined) {
    throw new Refusal(
      `Identifier ${name} has invalid character ${quotedCharacter(invalid)}: Identifiers can only ` +
        "contain alphanumeric characters or underscores",
    );
  }
  if (name.length > MAX_LENGTH) {
    throw new Refusal(
      `Identifier is too long (${name.length} > maximum ${MAX_LENGTH})`,
    );
  }
  if (/^_+$/.test(name)) {
    throw new Refusal(`Identifier ${name} cannot have exclusively underscores`);
  }
}

/**
 * @param {string} path such as `address.city`
 * @returns {string[]} the names of its fields
 * @throws {Refusal}
 */
export function fieldsOfPath(path) {
  const trimmed = path.replace(/^\.+|\.+$/g, "");
  if (trimmed === "") throw new Refusal(`Empty path ${path}`);
  const fields = trimmed.split(".");
  for (const field of fields) checkIdentifier(field);
  return fields;
}

/**
 * @param {string} path of a module, with the ending that it is deployed with
 * @throws {Refusal}
 */
export function checkModulePath(path) {
  for (const part of path.split("/")) {
    if (part.length > MAX_LENGTH) {
      throw new Refusal(
        `Path component is too long (${part.length} > maximum ${MAX_LENGTH}): ` +
          `${part.slice(0, MAX_LENGTH)}...`,
      );
    }
    if (!/^[A-Za-z0-9_.]*$/.test(part)) {
      throw new Refusal(
        `Path component ${part} can only contain alphanumeric characters, underscores, or periods.`,
      );
    }
    if (!/[A-Za-z0-9]/.test(part)) {
      throw new Refusal(
        `Path component ${part} must have at least one alphanumeric character.`,
      );
    }
  }
}

/** @param {string} character as Rust prints it */
function quotedCharacter(character) {
  return `'${character.replace(/['\\]/, "\\$&").replace("\n", "\\n").replace("\t", "\\t")}'`;
}
