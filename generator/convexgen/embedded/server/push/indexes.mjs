/**
 * What the indexes of a table must be.
 * Source: `TableDefinition::try_from` of the backend's `common/src/schemas/json.rs`,
 * its `bootstrap_model/index/index_validation_error.rs`, and
 * `_validate_user_defined_index_fields` of `application/src/lib.rs`.
 */

import { checkIdentifier, fieldsOfPath } from "../refusals/identifiers.mjs";
import { Refusal, explained } from "../refusals/refusal.mjs";

/** @typedef {import("../database/tables.mjs").ExportedTable} ExportedTable */

const MAX_INDEXES = 64;
const MAX_FIELDS = 16;
const MAX_FILTER_FIELDS = 16;
const MIN_DIMENSIONS = 2;
const MAX_DIMENSIONS = 4096;

const RESERVED_NAMES = new Set(["by_id", "by_creation_time"]);

/** In front of index names that the backend gives to one of its own services. */
const FIVETRAN = "_fivetran";

/**
 * @param {ExportedTable} table
 * @throws {Refusal}
 */
export function checkIndexes(table) {
  const { tableName } = table;
  const indexes = [...table.indexes, ...table.stagedDbIndexes];
  const searches = [...table.searchIndexes, ...table.stagedSearchIndexes];
  const vectors = [...table.vectorIndexes, ...table.stagedVectorIndexes];
  const all = [...indexes, ...searches, ...vectors];
  if (all.length > MAX_INDEXES) {
    throw new Refusal(
      `Table "${tableName}" cannot have more than ${MAX_INDEXES} indexes.`,
    );
  }
  const place = `In table "${tableName}": `;
  for (const index of all) explained(place, () => checkTypes(index));
  for (const index of indexes)
    explained(place, () => checkFieldsOfIndex(index));
  for (const { indexDescriptor: name, fields } of indexes) {
    if (fields.length > 0) continue;
    const isStaged = table.stagedDbIndexes.some(
      (staged) => staged.indexDescriptor === name,
    );
    throw new Refusal(
      `In table "${tableName}" ${isStaged ? "staged " : ""}index "${name}" must have at least one ` +
        "field.",
    );
  }
  checkAreDifferent(
    indexes,
    ({ fields }) => fields.map(normalized),
    (one, other) =>
      `In table "${tableName}" index "${one}" and index "${other}" have the same fields. Indexes ` +
      "must be unique within a table.",
  );
  for (const index of searches) {
    explained(place, () => {
      checkName(index.indexDescriptor);
      checkPath(index.indexDescriptor, index.searchField);
      checkFilterFields(index);
    });
  }
  checkAreDifferent(
    searches,
    ({ searchField, filterFields }) => [
      normalized(searchField),
      ...[...new Set(filterFields.map(normalized))].sort(),
    ],
    (one, other) => sameField(tableName, "search", one, other),
  );
  for (const index of vectors) {
    explained(place, () => {
      checkName(index.indexDescriptor);
      checkPath(index.indexDescriptor, index.vectorField);
      checkFilterPaths(index);
      checkDimensions(index.dimensions);
      checkFilterFields(index);
    });
  }
  checkAreDifferent(
    vectors,
    ({ vectorField, dimensions }) => [normalized(vectorField), dimensions],
    (one, other) => sameField(tableName, "vector", one, other),
  );
  checkNames(
    tableName,
    all.map(({ indexDescriptor }) => indexDescriptor),
  );
}

/**
 * System fields in them, which are refused once every table has been read.
 *
 * @param {ExportedTable} table
 * @throws {Refusal}
 */
export function checkSystemFields({ indexes, stagedDbIndexes }) {
  for (const { fields } of [...indexes, ...stagedDbIndexes].sort(byName)) {
    const paths = fields.map(normalized);
    if (paths.includes("_creationTime")) {
      throw new Refusal(
        "`_creationTime` is automatically added to the end of each index. It should not be added " +
          "explicitly in the index definition. See https://docs.convex.dev/using/indexes for more " +
          "details.",
      );
    }
    if (paths.some((path) => path.startsWith("_") || path.includes("._"))) {
      throw new Refusal(
        "Reserved fields (starting with `_`) are not allowed in indexes.",
      );
    }
    // Convex appends `_creationTime` and counts it.
    if (fields.length + 1 > MAX_FIELDS) throw tooManyFields();
  }
}

/** @param {{ indexDescriptor: string, [property: string]: unknown }} index */
function checkTypes({ indexDescriptor, ...properties }) {
  const place = `In index "${indexDescriptor}": `;
  const isOrdered = !(
    "searchField" in properties || "vectorField" in properties
  );
  const name = isOrdered ? "fields" : "filterFields";
  const names = properties[name];
  if (!Array.isArray(names) || !names.every(isText))
    throw new Refusal(`${place}\`${name}\` must be an array of names`);
  for (const field of ["searchField", "vectorField"])
    if (field in properties && !isText(properties[field]))
      throw new Refusal(`${place}\`${field}\` must be a name`);
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === "string";
}

/** @param {string} path */
function normalized(path) {
  return fieldsOfPath(path).join(".");
}

/**
 * @param {{ indexDescriptor: string }} left
 * @param {{ indexDescriptor: string }} right
 */
function byName(left, right) {
  return left.indexDescriptor < right.indexDescriptor ? -1 : 1;
}

function tooManyFields() {
  return new Refusal(`Indexes may have up to ${MAX_FIELDS} fields.`);
}

/** @param {ExportedTable["indexes"][number]} index */
function checkFieldsOfIndex({ indexDescriptor: name, fields }) {
  checkName(name);
  for (const field of fields) checkPath(name, field);
  explained(`In index "${name}": `, () => {
    if (fields.length > MAX_FIELDS) throw tooManyFields();
    const paths = fields.map(normalized);
    if (paths.includes("_id")) {
      throw new Refusal(
        "`_id` is not a valid index field. To load documents by ID, use `db.get(id)`.",
      );
    }
    const twice = paths.find(
      (path, position) => paths.indexOf(path) < position,
    );
    if (twice !== undefined) {
      throw new Refusal(
        `Duplicate field "${twice}". Index fields must be unique within an index.`,
      );
    }
  });
}

/** @param {string} name */
function checkName(name) {
  try {
    checkIdentifier(name);
  } catch {
    throw new Refusal(
      `Invalid index name: "${name}". Identifiers must be 64 characters or less, start with a ` +
        "letter, and only contain letters, digits, underscores.",
    );
  }
}

/**
 * @param {string} name of the index
 * @param {string} path
 */
function checkPath(name, path) {
  try {
    fieldsOfPath(path);
  } catch {
    throw new Refusal(`In index "${name}": Invalid index field: "${path}"`);
  }
}

/** @param {{ indexDescriptor: string, filterFields: string[] }} index */
function checkFilterPaths({ indexDescriptor, filterFields }) {
  for (const field of filterFields) checkPath(indexDescriptor, field);
}

/** @param {{ indexDescriptor: string, filterFields: string[] }} index */
function checkFilterFields(index) {
  checkFilterPaths(index);
  if (new Set(index.filterFields.map(normalized)).size > MAX_FILTER_FIELDS) {
    throw new Refusal(
      `Search indexes may have up to ${MAX_FILTER_FIELDS} filter fields.`,
    );
  }
}

/** @param {number | undefined} dimensions */
function checkDimensions(dimensions) {
  if (dimensions === undefined) throw new Refusal("Missing dimensions field");
  if (
    Number.isInteger(dimensions) &&
    dimensions >= MIN_DIMENSIONS &&
    dimensions <= MAX_DIMENSIONS
  )
    return;
  throw new Refusal(
    `Dimensions ${dimensions} must be between ${MIN_DIMENSIONS} and ${MAX_DIMENSIONS}.`,
  );
}

/**
 * @template {{ indexDescriptor: string }} Index
 * @param {Index[]} indexes
 * @param {(index: Index) => unknown[]} identity what two of them must not have in common
 * @param {(one: string, other: string) => string} message
 */
function checkAreDifferent(indexes, identity, message) {
  const byNames = new Map(
    indexes.map((index) => [index.indexDescriptor, index]),
  );
  /** @type {Map<string, string>} */
  const seen = new Map();
  for (const index of [...byNames.values()].sort(byName)) {
    const key = JSON.stringify(identity(index));
    const other = seen.get(key);
    if (other !== undefined)
      throw new Refusal(message(index.indexDescriptor, other));
    seen.set(key, index.indexDescriptor);
  }
}

/**
 * @param {string} tableName
 * @param {"search" | "vector"} kind
 * @param {string} one
 * @param {string} other
 */
function sameField(tableName, kind, one, other) {
  const [first = ""] = kind;
  // The backend's text has a line break and the indentation of its source in it.
  return (
    `In table "${tableName}" ${kind} index "${one}" and ${kind} index "${other}" have the same ` +
    `\`${kind}Field\`. ${first.toUpperCase()}${kind.slice(1)} index fields must be unique within a ` +
    `table. You should combine the\n             indexes with the same \`${kind}Field\` into one ` +
    "index containing all `filterField`s and then use different subsets of the `filterField`s at " +
    "query time."
  );
}

/**
 * @param {string} tableName
 * @param {string[]} names of all its indexes
 */
function checkNames(tableName, names) {
  /** @type {Set<string>} */
  const seen = new Set();
  for (const name of names) {
    const isReserved = RESERVED_NAMES.has(name) || name.startsWith("_");
    if (isReserved && !name.startsWith(FIVETRAN)) {
      throw new Refusal(
        `In table "${tableName}" cannot name an index "${name}" because the name is reserved. ` +
          'Indexes may not start with an underscore or be named "by_id" or "by_creation_time".',
      );
    }
    if (seen.has(name)) {
      throw new Refusal(
        `Table "${tableName}" has two or more definitions of index "${name}".`,
      );
    }
    seen.add(name);
  }
}
