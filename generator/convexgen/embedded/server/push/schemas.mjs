/**
 * What a schema must be, before a database takes it.
 * Source: the backend's `common/src/schemas`, and `evaluate_schema` of its
 * `application/src/lib.rs` and `isolate/src/environment/schema.rs`.
 */

import { displayValidator } from "../values/validator.mjs";
import { checkIdentifier } from "../refusals/identifiers.mjs";
import { checkIndexes, checkSystemFields } from "./indexes.mjs";
import { Refusal, whilePushing } from "../refusals/refusal.mjs";
import { checkValidator, findWithoutValidator } from "./validators.mjs";

/**
 * @typedef {import("../database/tables.mjs").ExportedSchema} ExportedSchema
 * @typedef {import("../database/tables.mjs").ExportedTable} ExportedTable
 * @typedef {import("../values/validator.mjs").ValidatorJson} ValidatorJson
 */

const MAX_TABLES = 10_000;
const SYSTEM_FIELD = /^_[^.]*$/;
const SEE_DOCS =
  "To learn more, see the schema documentation at https://docs.convex.dev/database/schemas.";

/**
 * @param {{ exported: unknown } | null} schema the default export of `schema.ts`, if there is one
 * @param {string} componentPath empty for the project itself
 * @returns {ExportedSchema | null}
 * @throws {import("../errors.mjs").StartError} in the backend's words
 */
export function exportSchema(schema, componentPath) {
  if (schema === null) return null;
  const owner =
    componentPath === "" ? "" : ` (of the component ${componentPath})`;
  return whilePushing(() => {
    const exported = parseSchema(schema.exported);
    checkSchema(exported);
    return exported;
  }, `Hit an error while evaluating your schema${owner}:\n`);
}

/**
 * @param {unknown} schema the default export of `schema.ts`
 * @returns {ExportedSchema}
 */
function parseSchema(schema) {
  if (schema === undefined || schema === null)
    throw new Refusal(`Schema file missing default export. ${SEE_DOCS}`);
  try {
    const { tables, ...rest } = JSON.parse(
      /** @type {{ export(): string }} */ (schema).export(),
    );
    return { ...rest, tables: tables.map(withEveryKind) };
  } catch {
    throw new Refusal(
      `Default export from schema file isn't a Convex schema. ${SEE_DOCS}`,
    );
  }
}

/**
 * @param {Partial<ExportedTable> & { tableName: string, documentType: ValidatorJson }} table of a
 *   version of `convex` that may not have staged indexes yet
 * @returns {ExportedTable}
 */
function withEveryKind(table) {
  return {
    indexes: [],
    stagedDbIndexes: [],
    searchIndexes: [],
    stagedSearchIndexes: [],
    vectorIndexes: [],
    stagedVectorIndexes: [],
    ...table,
  };
}

/** @param {ExportedSchema} schema */
function checkSchema({ tables, schemaValidation }) {
  for (const table of tables) {
    const found = findWithoutValidator(table.documentType);
    if (found !== null) {
      throw new Refusal(
        `In table "${table.tableName}": ${found} was given what is no validator. ${SEE_DOCS}`,
      );
    }
    checkDocumentType(table.documentType);
    if (table.stagedDocumentType !== undefined)
      checkDocumentType(table.stagedDocumentType);
    checkTableName(table.tableName);
    checkIndexes(table);
  }
  if (tables.length > MAX_TABLES)
    throw new Refusal(`Number of tables cannot exceed ${MAX_TABLES}.`);
  const sorted = [...tables].sort((left, right) =>
    left.tableName < right.tableName ? -1 : 1,
  );
  for (const table of sorted) checkSystemFields(table);
  if (schemaValidation !== false) sorted.forEach(checkReferences);
}

/** @param {ValidatorJson} validator */
function checkDocumentType(validator) {
  checkValidator(validator);
  const members = validator.type === "union" ? validator.value : [validator];
  const wrong = members.find(({ type }) => type !== "object");
  if (wrong === undefined || validator.type === "any") return;
  throw new Refusal(
    "The document validator in a schema must be an object, a union of objects, or `v.any()`. " +
      `Found ${displayValidator(wrong)}. ${SEE_DOCS}`,
  );
}

/** @param {string} name */
function checkTableName(name) {
  try {
    checkIdentifier(name);
  } catch {
    throw new Refusal(
      `Invalid table name: "${name}". Identifiers must start with a letter and can only contain ` +
        "letters, digits, and underscores.",
    );
  }
  if (name.startsWith("_"))
    throw new Refusal(`${name} is a reserved table name.`);
}

/**
 * Source: `check_index_references` of `common/src/schemas/mod.rs`.
 *
 * @param {ExportedTable} table
 */
function checkReferences(table) {
  const { tableName, documentType } = table;
  const searches = [...table.searchIndexes, ...table.stagedSearchIndexes];
  const vectors = [...table.vectorIndexes, ...table.stagedVectorIndexes].map(
    ({ indexDescriptor, vectorField }) => ({
      indexDescriptor,
      fields: [vectorField],
    }),
  );
  const referenced = [
    ...table.indexes,
    ...table.stagedDbIndexes,
    ...searches.map(({ indexDescriptor, searchField, filterFields }) => ({
      indexDescriptor,
      fields: [searchField, ...filterFields],
    })),
    ...vectors,
  ];
  for (const { indexDescriptor, fields } of referenced) {
    const missing = fields.find(
      (field) =>
        !SYSTEM_FIELD.test(field) &&
        !canContain(documentType, field.split(".")),
    );
    if (missing === undefined) continue;
    throw new Refusal(
      `In table "${tableName}" the index "${indexDescriptor}" is invalid because it references ` +
        `the field "${missing}" that does not exist.`,
    );
  }
  for (const { indexDescriptor, fields } of vectors) {
    const [field = ""] = fields;
    if (canBeVector(documentType, field.split("."))) continue;
    throw new Refusal(
      `In table "${tableName}" the vector index "${indexDescriptor}" is invalid because it ` +
        `references the field "${field}" that is neither an array of float64 or optional array of ` +
        "float64.",
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
  switch (validator.type) {
    case "union":
      return validator.value.some((member) => canContain(member, path));
    case "object": {
      const found = fieldOf(validator, field);
      return found !== undefined && canContain(found.fieldType, rest);
    }
    default:
      return false;
  }
}

/**
 * @param {ValidatorJson} validator
 * @param {string[]} path
 * @returns {boolean} whether a value there may be an array of numbers
 */
function canBeVector(validator, path) {
  const [field = "", ...rest] = path;
  if (validator.type === "any") return true;
  if (validator.type === "union")
    return validator.value.some((member) => canBeVector(member, path));
  if (path.length === 0)
    return (
      validator.type === "array" &&
      ["number", "any"].includes(validator.value.type)
    );
  if (validator.type !== "object") return false;
  const found = fieldOf(validator, field);
  return found === undefined || canBeVector(found.fieldType, rest);
}

/**
 * @param {Extract<ValidatorJson, { type: "object" }>} validator
 * @param {string} name
 */
function fieldOf({ value }, name) {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
