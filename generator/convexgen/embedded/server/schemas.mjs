/** What a schema must be, before a database takes it. */

import { StartError } from "./errors.mjs";
import { checkTableName } from "./tables.mjs";

/**
 * @typedef {import("./tables.mjs").ExportedSchema} ExportedSchema
 * @typedef {import("./tables.mjs").ExportedTable} ExportedTable
 * @typedef {import("./validator.mjs").ValidatorJson} ValidatorJson
 */

/**
 * @param {import("./load.mjs").Code["schema"]} schema
 * @returns {ExportedSchema | null}
 * @throws {StartError}
 */
export function exportSchema(schema) {
  if (schema === null) return null;
  if (typeof schema?.export !== "function") {
    throw new StartError(
      "schema.ts must have the result of `defineSchema` as its default export.",
    );
  }
  /** @type {ExportedSchema} */
  const exported = JSON.parse(schema.export());
  for (const table of exported.tables) {
    try {
      checkTableName(table.tableName);
    } catch (error) {
      throw new StartError(
        `schema.ts: ${error instanceof Error ? error.message : error}`,
      );
    }
    if (exported.schemaValidation !== false) checkIndexes(table);
  }
  return exported;
}

/**
 * Source: `check_index_references` of the backend's `common/src/schemas`.
 *
 * @param {ExportedTable} table
 * @throws {StartError} in the backend's words
 */
function checkIndexes(table) {
  const referenced = [
    ...table.indexes.map(({ indexDescriptor, fields }) => ({
      indexDescriptor,
      fields,
    })),
    ...table.searchIndexes.map(
      ({ indexDescriptor, searchField, filterFields }) => ({
        indexDescriptor,
        fields: [searchField, ...filterFields],
      }),
    ),
    ...table.vectorIndexes.map(({ indexDescriptor, vectorField }) => ({
      indexDescriptor,
      fields: [vectorField],
    })),
  ];
  for (const { indexDescriptor, fields } of referenced) {
    const missing = fields.find(
      (field) => !canContain(table.documentType, field.split(".")),
    );
    if (missing === undefined) continue;
    throw new StartError(
      `In table "${table.tableName}" the index "${indexDescriptor}" is invalid because it references ` +
        `the field "${missing}" that does not exist.`,
    );
  }
}

/**
 * @param {ValidatorJson} validator
 * @param {string[]} path
 * @returns {boolean}
 */
function canContain(validator, path) {
  const [field = "", ...rest] = path;
  if (path.length === 0 || validator.type === "any") return true;
  if (path.length === 1 && field.startsWith("_")) return true;
  switch (validator.type) {
    case "union":
      return validator.value.some((member) => canContain(member, path));
    case "object": {
      const found = Object.hasOwn(validator.value, field)
        ? validator.value[field]
        : undefined;
      return found !== undefined && canContain(found.fieldType, rest);
    }
    default:
      return false;
  }
}
