/**
 * Text and vector search, approximately: documents that have one of the terms
 * (the last term as a prefix), best matches first; exact cosine similarity.
 */

import { compilePredicate, decodeQueryValue } from "./filters.mjs";
import { compareValues } from "./order.mjs";
import { valueAtPath } from "./values.mjs";

/**
 * @typedef {import("./database.mjs").Table} Table
 * @typedef {import("./documents.mjs").StoredDocument} StoredDocument
 * @typedef {import("./json.mjs").JsonValue} JsonValue
 * @typedef {import("./queries.mjs").SearchExpression} SearchExpression
 */

const MAX_SEARCH_RESULTS = 1024;
const MAX_SEARCH_TERMS = 16;

/** @param {string} text */
function termsOf(text) {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * @param {Table} table
 * @param {string} indexName
 * @param {SearchExpression[]} expressions
 * @returns {StoredDocument[]}
 */
export function searchDocuments(table, indexName, expressions) {
  const declared = table.definition?.searchIndexes.find(
    ({ indexDescriptor }) => indexDescriptor === indexName,
  );
  if (declared === undefined)
    throw new Error(`Index ${table.name}.${indexName} not found.`);
  const field = declared.searchField.split(".");
  const search = expressions.find(({ type }) => type === "Search");
  const terms = termsOf(String(search?.value ?? "")).slice(0, MAX_SEARCH_TERMS);
  const equalities = expressions
    .filter(({ type }) => type === "Eq")
    .map(({ fieldPath, value }) => ({
      path: fieldPath.split("."),
      value: decodeQueryValue(value),
    }));
  const scored = [];
  for (const stored of table.documents.values()) {
    const text = valueAtPath(stored.document, field);
    if (typeof text !== "string") continue;
    const matches = equalities.every(
      ({ path, value }) =>
        compareValues(valueAtPath(stored.document, path), value) === 0,
    );
    const score = matches ? scoreOf(terms, termsOf(text)) : 0;
    if (score > 0) scored.push({ stored, score });
  }
  scored.sort(
    (left, right) =>
      right.score - left.score ||
      compareValues(
        right.stored.document._creationTime,
        left.stored.document._creationTime,
      ),
  );
  return scored.slice(0, MAX_SEARCH_RESULTS).map(({ stored }) => stored);
}

/**
 * @param {string[]} terms
 * @param {string[]} words
 */
function scoreOf(terms, words) {
  let score = 0;
  for (const [position, term] of terms.entries()) {
    const isLast = position === terms.length - 1;
    if (words.includes(term)) score += 2;
    else if (isLast && words.some((word) => word.startsWith(term))) score += 1;
  }
  return score / Math.sqrt(words.length || 1);
}

/**
 * @param {Table} table
 * @param {string} indexName
 * @param {number[]} vector
 * @param {JsonValue[]} expressions
 * @param {number} limit
 * @returns {{ _id: string, _score: number }[]}
 */
export function searchVectors(table, indexName, vector, expressions, limit) {
  const declared = table.definition?.vectorIndexes.find(
    ({ indexDescriptor }) => indexDescriptor === indexName,
  );
  if (declared === undefined)
    throw new Error(`Index ${table.name}.${indexName} not found.`);
  if (vector.length !== declared.dimensions) {
    throw new Error(
      `Expected a vector with ${declared.dimensions} dimensions, but got ${vector.length}`,
    );
  }
  const field = declared.vectorField.split(".");
  const filters = expressions.map(compilePredicate);
  const results = [];
  for (const { id, document } of table.documents.values()) {
    const candidate = valueAtPath(document, field);
    if (!Array.isArray(candidate) || candidate.length !== declared.dimensions)
      continue;
    if (!filters.every((filter) => filter(document))) continue;
    results.push({
      _id: id,
      _score: cosine(vector, /** @type {number[]} */ (candidate)),
    });
  }
  results.sort((left, right) => right._score - left._score);
  return results.slice(0, limit);
}

/**
 * @param {number[]} left
 * @param {number[]} right
 */
function cosine(left, right) {
  let product = 0;
  let leftNorm = 0;
  let rightNorm = 0;
  for (const [position, x] of left.entries()) {
    const y = right[position] ?? 0;
    product += x * y;
    leftNorm += x * x;
    rightNorm += y * y;
  }
  return leftNorm === 0 || rightNorm === 0
    ? 0
    : product / Math.sqrt(leftNorm * rightNorm);
}
