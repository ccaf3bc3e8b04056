/** The tables of one database: their numbers, which are in the ids, and their schema. */

import { decodeId, tableNumberOfId } from "./ids.mjs";
import { checkIdentifier } from "../refusals/identifiers.mjs";
import { Table } from "./tables.mjs";
import { textArgument } from "../values/texts.mjs";
import { findViolation } from "../values/validator.mjs";

/**
 * @typedef {import("./documents.mjs").StoredDocument} StoredDocument
 * @typedef {import("./tables.mjs").ExportedSchema} ExportedSchema
 * @typedef {import("../values/validator.mjs").ValidatorJson} ValidatorJson
 * @typedef {import("../values/values.mjs").ConvexObject} ConvexObject
 */

const SYSTEM_TABLE_NUMBERS = new Map([
  ["_storage", 1],
  ["_scheduled_functions", 2],
]);
/** Convex gives the tables of a deployment numbers from here on. */
const FIRST_USER_TABLE_NUMBER = 10_001;

export class TableSet {
  /** @type {Map<string, Table>} */
  #tables = new Map();
  /** @type {Map<number, string>} */
  #names = new Map();
  #numbers;
  #nextNumber = FIRST_USER_TABLE_NUMBER;
  /** Numbered since they were last asked for. @type {Table[]} */
  #newTables = [];
  #validatesSchema = false;
  /** The one that is applied. @type {ExportedSchema | null} */
  exportedSchema = null;

  /** @param {Map<string, number>} numbers by name, of an earlier database */
  constructor(numbers) {
    this.#numbers = numbers;
    for (const number of numbers.values())
      if (number >= this.#nextNumber) this.#nextNumber = number + 1;
    for (const name of SYSTEM_TABLE_NUMBERS.keys()) this.#create(name);
  }

  /**
   * @param {string} name
   * @returns {Table} an empty one when nothing was written to it yet
   */
  get(name) {
    return this.#tables.get(name) ?? this.#create(name);
  }

  /** @returns {Table[]} those that have got a number since the last time */
  takeNew() {
    return this.#newTables.splice(0);
  }

  /** @returns {string[]} */
  userNames() {
    return [...this.#tables.keys()].filter((name) => !name.startsWith("_"));
  }

  /**
   * @param {string} id
   * @returns {string | null} the name of its table, null when it is no id
   */
  nameOfId = (id) => {
    const number = tableNumberOfId(id);
    return number === null ? null : (this.#names.get(number) ?? null);
  };

  /**
   * Source: `shallow_merge` and the like in the backend's
   * `isolate/src/environment/udf/async_syscall.rs`.
   *
   * @param {string} operation such as `db.patch`
   * @param {string | undefined} tableName the table that the caller named
   * @param {unknown} id
   * @returns {Table}
   * @throws {Error} for what is no id of it
   */
  ofId(operation, tableName, id) {
    const table = this.findById(operation, id);
    const place = `Invalid argument \`id\` for \`${operation}\`: `;
    if (table === null)
      throw new Error(`${place}Table for ID "${id}" not found`);
    if (tableName !== undefined && tableName !== table.name) {
      throw new Error(
        `${place}expected to be an Id<"${tableName}">, got Id<"${table.name}"> instead.`,
      );
    }
    return table;
  }

  /**
   * @param {string} operation such as `db.get`
   * @param {unknown} id
   * @returns {Table | null} null when it is an id of a table that is not there
   * @throws {Error} for what is no id
   */
  findById(operation, id) {
    const number = decodeId(textArgument(operation, "id", id));
    if (typeof number === "string") {
      throw new Error(
        `Invalid argument \`id\` for \`${operation}\`: Unable to decode ID: ${number}`,
      );
    }
    const name = this.#names.get(number);
    return name === undefined ? null : this.get(name);
  }

  /**
   * Takes another schema, while no transaction runs.
   *
   * @param {ExportedSchema | null} schema
   */
  applySchema(schema) {
    this.exportedSchema = schema;
    this.#validatesSchema = isEnforced(schema);
    const definitions = definitionsOf(schema);
    for (const name of definitions.keys()) this.get(name);
    for (const table of this.#tables.values())
      table.define(definitions.get(table.name) ?? null);
  }

  /**
   * @param {ExportedSchema | null} schema
   * @returns {string | null} why the documents that are there do not allow it
   */
  findViolationOf(schema) {
    if (!isEnforced(schema)) return null;
    for (const [name, { documentType }] of definitionsOf(schema)) {
      const table = this.#tables.get(name);
      for (const { id, document } of table?.documents.values() ?? []) {
        const violation = this.#violationOf(documentType, document);
        if (violation !== null) {
          return (
            `Document with ID "${id}" in table "${name}" does not match the schema: ` +
            violation
          );
        }
      }
    }
    return null;
  }

  /**
   * @param {Table} table
   * @param {StoredDocument} stored
   * @throws {Error} for a document that its schema refuses
   */
  enforceSchema(table, stored) {
    if (!this.#validatesSchema || table.definition === null) return;
    const { documentType } = table.definition;
    const violation = this.#violationOf(documentType, stored.document);
    if (violation !== null) {
      throw new Error(
        `Failed to insert or update a document in table "${table.name}" because it does not ` +
          `match the schema: ${violation}`,
      );
    }
  }

  /**
   * @param {ValidatorJson} documentType
   * @param {ConvexObject} document
   * @returns {string | null}
   */
  #violationOf(documentType, { _id, _creationTime, ...fields }) {
    return findViolation(documentType, fields, this.nameOfId);
  }

  /** @param {string} name */
  #create(name) {
    checkIdentifier(name);
    const known = SYSTEM_TABLE_NUMBERS.get(name) ?? this.#numbers.get(name);
    const number = known ?? this.#nextNumber++;
    const table = new Table(name, number);
    if (known === undefined) this.#newTables.push(table);
    this.#tables.set(name, table);
    this.#names.set(number, name);
    return table;
  }
}

/** @param {ExportedSchema | null} schema */
function isEnforced(schema) {
  return schema !== null && schema.schemaValidation !== false;
}

/** @param {ExportedSchema | null} schema */
function definitionsOf(schema) {
  return new Map(schema?.tables.map((table) => [table.tableName, table]));
}
