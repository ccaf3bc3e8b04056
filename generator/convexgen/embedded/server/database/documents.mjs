/** Documents at rest, and the rules that every document obeys. */

import { encodeValue } from "../values/json.mjs";
import {
  LimitExceeded,
  MAX_DOCUMENT_NESTING,
  MAX_DOCUMENT_SIZE,
  formatSize,
  measure,
} from "../values/limits.mjs";
import { hasPendingTimestamp, resolveTimestamps } from "../values/values.mjs";
import { display } from "../values/validator.mjs";

/** @typedef {import("../values/values.mjs").ConvexObject} ConvexObject */

/** A document, immutable, with what is derived from it. */
export class StoredDocument {
  /** @type {string | null} */
  #json = null;

  /**
   * @param {string} tableName
   * @param {string} id
   * @param {ConvexObject} document with its system fields
   * @param {number} size bytes, as Convex counts them
   */
  constructor(tableName, id, document, size) {
    this.tableName = tableName;
    this.id = id;
    this.document = document;
    this.size = size;
  }

  /** @returns {string} lossless JSON */
  get json() {
    this.#json ??= encodeValue(this.document);
    return this.#json;
  }

  get isPending() {
    return hasPendingTimestamp(this.document);
  }

  /**
   * @param {bigint} timestamp
   * @returns {StoredDocument}
   */
  committedAt(timestamp) {
    const document = resolveTimestamps(this.document, timestamp);
    return new StoredDocument(this.tableName, this.id, document, this.size);
  }
}

/**
 * Adds the system fields and checks what holds for every document of every table.
 *
 * @param {string} tableName
 * @param {string} id
 * @param {number} creationTime milliseconds
 * @param {ConvexObject} fields
 * @returns {StoredDocument}
 * @throws {LimitExceeded}
 */
export function storeDocument(tableName, id, creationTime, fields) {
  const { _id: givenId, _creationTime: givenTime } = fields;
  if (givenId !== undefined && givenId !== id) {
    throw new Error(
      `Provided document ID ${display(id)} doesn't match '_id' field ${display(givenId)}`,
    );
  }
  if (givenTime !== undefined && givenTime !== creationTime) {
    throw new Error(
      `Provided creation time ${creationTime} doesn't match '_creationTime' field in ${display(fields)}`,
    );
  }
  const document = { ...fields, _id: id, _creationTime: creationTime };
  const { size, nesting } = measure(document);
  if (!tableName.startsWith("_")) checkDocument(size, nesting);
  const reserved = Object.keys(fields).find(
    (field) =>
      field.startsWith("_") && field !== "_id" && field !== "_creationTime",
  );
  if (reserved !== undefined) {
    throw new Error(
      `${display(document)} isn't a valid document: Field '${reserved}' starts with an ` +
        "underscore, which is only allowed for system fields like '_id'",
    );
  }
  return new StoredDocument(tableName, id, document, size);
}

/**
 * Of users' tables; the arguments of a scheduled function have the limits of arguments.
 *
 * @param {number} size bytes
 * @param {number} nesting levels
 * @throws {LimitExceeded}
 */
function checkDocument(size, nesting) {
  if (nesting > MAX_DOCUMENT_NESTING) {
    throw new LimitExceeded(
      `Document is too nested (nested ${nesting} levels deep > maximum nesting ${MAX_DOCUMENT_NESTING})`,
    );
  }
  if (size > MAX_DOCUMENT_SIZE) {
    throw new LimitExceeded(
      `Value is too large (${formatSize(size)} > maximum size ${formatSize(MAX_DOCUMENT_SIZE)})`,
    );
  }
}
