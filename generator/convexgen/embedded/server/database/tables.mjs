/** Tables and what a schema says about them. */

import { Index } from "./indexes.mjs";

/** @typedef {import("./documents.mjs").StoredDocument} StoredDocument */
/** @typedef {import("../values/validator.mjs").ValidatorJson} ValidatorJson */

/**
 * What `schema.export()` of `convex/server` gives, in so far as it is used.
 *
 * @typedef {object} ExportedSchema
 * @property {ExportedTable[]} tables
 * @property {boolean} [schemaValidation]
 *
 * @typedef {object} ExportedTable
 * @property {string} tableName
 * @property {ExportedIndex[]} indexes
 * @property {ExportedIndex[]} stagedDbIndexes
 * @property {ExportedSearchIndex[]} searchIndexes
 * @property {ExportedSearchIndex[]} stagedSearchIndexes
 * @property {ExportedVectorIndex[]} vectorIndexes
 * @property {ExportedVectorIndex[]} stagedVectorIndexes
 * @property {ValidatorJson} documentType
 * @property {ValidatorJson} [stagedDocumentType]
 *
 * @typedef {{ indexDescriptor: string, fields: string[] }} ExportedIndex
 * @typedef {{ indexDescriptor: string, searchField: string, filterFields: string[] }} ExportedSearchIndex
 * @typedef {{ indexDescriptor: string, vectorField: string, dimensions: number, filterFields: string[] }} ExportedVectorIndex
 */

export class Table {
  /** @type {Map<string, StoredDocument>} */
  documents = new Map();
  /** @type {Map<string, Index>} */
  indexes = new Map();

  /** Null when the schema does not have it. @type {ExportedTable | null} */
  definition = null;
  byId = new Index("by_id", ["_id"], this.documents);
  byCreationTime = new Index(
    "by_creation_time",
    ["_creationTime", "_id"],
    this.documents,
  );

  /**
   * @param {string} name
   * @param {number} number in ids
   */
  constructor(name, number) {
    this.name = name;
    this.number = number;
    this.define(null);
  }

  /**
   * Takes another definition: indexes that stay are kept.
   *
   * @param {ExportedTable | null} definition
   */
  define(definition) {
    this.definition = definition;
    const before = this.indexes;
    this.indexes = new Map([
      [this.byId.name, this.byId],
      [this.byCreationTime.name, this.byCreationTime],
    ]);
    for (const { indexDescriptor: name, fields } of definition?.indexes ?? []) {
      const index = new Index(
        name,
        [...fields, "_creationTime", "_id"],
        this.documents,
      );
      const known = before.get(name);
      this.indexes.set(name, known?.hasFieldsOf(index) ? known : index);
    }
  }

  /**
   * Source: the backend's `indexing/src/{index_registry,database_index_snapshot}.rs`.
   *
   * @param {string} name of an index that cannot be used
   * @param {"a database index" | "a search index" | "a vector index"} sought
   * @returns {Error} why
   */
  unusableIndex(name, sought) {
    const isNamed = (/** @type {{ indexDescriptor: string }} */ index) =>
      index.indexDescriptor === name;
    const described = `Index ${this.name}.${name}`;
    const {
      searchIndexes = [],
      vectorIndexes = [],
      stagedDbIndexes = [],
      stagedSearchIndexes = [],
      stagedVectorIndexes = [],
    } = this.definition ?? {};
    const staged = [
      ...stagedDbIndexes,
      ...stagedSearchIndexes,
      ...stagedVectorIndexes,
    ];
    if (staged.some(isNamed)) {
      return new Error(
        `${described} is currently staged and not available to query until it is enabled.`,
      );
    }
    const isOther =
      this.indexes.has(name) ||
      [...searchIndexes, ...vectorIndexes].some(isNamed);
    return new Error(
      isOther ? `${described} is not ${sought}` : `${described} not found.`,
    );
  }

  /**
   * @param {string} id
   * @param {StoredDocument | null} after
   * @returns {StoredDocument | null} what was there before
   */
  put(id, after) {
    const before = this.documents.get(id) ?? null;
    if (after === null) this.documents.delete(id);
    else this.documents.set(id, after);
    for (const index of this.indexes.values()) index.change(before, after);
    return before;
  }
}
