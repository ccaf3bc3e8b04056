/**
 * Text search with Convex's terms, matches and ranking, and exact vector search
 * in place of its approximate one.
 * Source: the backend's `search/src/{lib,constants,scoring}.rs`.
 */

import { compilePredicate, decodeQueryValue } from "./filters.mjs";
import { compareKeys, compareValues } from "../values/order.mjs";
import { valueAtPath } from "../values/values.mjs";

/**
 * @typedef {import("./tables.mjs").Table} Table
 * @typedef {import("./documents.mjs").StoredDocument} StoredDocument
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("./indexes.mjs").Entry} Entry
 * @typedef {{ type: "Eq" | "Search", fieldPath: string, value: JsonValue }} SearchExpression
 */

/** What a search finds at most; a query that reads on behind it fails. */
export const MAX_CANDIDATES = 1024;
const MAX_TERMS = 16;
/** UTF-8 bytes; longer terms are in no index. */
const MAX_TERM_SIZE = 31;
const MAX_FILTER_CONDITIONS = 8;
const MAX_VECTOR_RESULTS = 256;
const DEFAULT_VECTOR_RESULTS = 10;
const MAX_VECTOR_FILTERS = 64;

// Of BM25.
const TERM_SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;
/** What the beginning of a word counts, next to a whole one. */
const PREFIX_WEIGHT = 0.5;

/**
 * @param {string} text
 * @returns {string[]}
 */
function termsOf(text) {
  const terms = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return terms.filter((term) => Buffer.byteLength(term) <= MAX_TERM_SIZE);
}

/**
 * @param {Table} table
 * @param {string} indexName
 * @param {SearchExpression[]} expressions
 * @returns {Entry[]} the best first, by keys of score, creation time and id
 */
export function searchDocuments(table, indexName, expressions) {
  const declared = table.definition?.searchIndexes.find(
    ({ indexDescriptor }) => indexDescriptor === indexName,
  );
  const described = `${table.name}.${indexName}`;
  if (declared === undefined)
    throw table.unusableIndex(indexName, "a search index");
  const text = searchedText(described, declared.searchField, expressions);
  const equalities = equalitiesOf(
    described,
    declared.filterFields,
    expressions,
  );
  const path = declared.searchField.split(".");
  const indexed = [];
  for (const stored of table.documents.values()) {
    const value = valueAtPath(stored.document, path);
    if (typeof value === "string")
      indexed.push({ stored, words: termsOf(value) });
  }
  const scores = rank(
    termsOf(text).slice(0, MAX_TERMS),
    indexed.map(({ words }) => words),
  );
  const entries = indexed.flatMap(({ stored }, position) => {
    const score = scores[position] ?? 0;
    const { document, id } = stored;
    const matches =
      score > 0 &&
      equalities.every(
        ({ path, value }) =>
          compareValues(valueAtPath(document, path), value) === 0,
      );
    const time = /** @type {number} */ (document._creationTime);
    return matches ? [{ key: [-score, -time, id], stored }] : [];
  });
  entries.sort((left, right) => compareKeys(left.key, right.key));
  return entries.slice(0, MAX_CANDIDATES);
}

/**
 * @param {string} described
 * @param {string} searchField
 * @param {SearchExpression[]} expressions
 * @returns {string}
 */
function searchedText(described, searchField, expressions) {
  const searches = expressions.filter(({ type }) => type === "Search");
  const [search] = searches;
  if (search === undefined) {
    throw new Error(
      `Search query against ${described} does not contain any search filters. You must include ` +
        `a search filter like \`q.search("${searchField}", searchText)\`.`,
    );
  }
  const other = searches.find(({ fieldPath }) => fieldPath !== searchField);
  if (other !== undefined) {
    throw new Error(
      `Search query against ${described} contains a search filter against "${other.fieldPath}", ` +
        `which doesn't match the indexed \`searchField\` "${searchField}".`,
    );
  }
  if (searches.length > 1) {
    throw new Error(
      `Search query against ${described} contains multiple search filters against ` +
        `"${searchField}". Only one is allowed.`,
    );
  }
  if (typeof search.value !== "string") {
    throw new Error(
      `Search query against ${described} must search for a string, ` +
        `got ${JSON.stringify(search.value)}`,
    );
  }
  return search.value;
}

/**
 * @param {string} described
 * @param {string[]} filterFields
 * @param {SearchExpression[]} expressions
 */
function equalitiesOf(described, filterFields, expressions) {
  const equalities = expressions.filter(({ type }) => type === "Eq");
  if (equalities.length > MAX_FILTER_CONDITIONS) {
    throw new Error(
      `Search query against ${described} has too many filter conditions. ` +
        `Max: ${MAX_FILTER_CONDITIONS} Actual: ${equalities.length}`,
    );
  }
  return equalities.map(({ fieldPath, value }) => {
    if (!filterFields.includes(fieldPath)) {
      throw new Error(
        `Search query against ${described} contains an equality filter on "${fieldPath}" but that ` +
          "field isn't indexed for filtering in `filterFields`.",
      );
    }
    return { path: fieldPath.split("."), value: decodeQueryValue(value) };
  });
}

/**
 * @param {string[]} terms
 * @param {string[][]} texts all that are indexed
 * @returns {number[]} of each text, 0 when it has none of the terms
 */
function rank(terms, texts) {
  const lastTerm = terms[terms.length - 1];
  /** Of each word that matches, its weight. @type {Map<string, number>} */
  const weights = new Map();
  if (lastTerm !== undefined) {
    for (const word of texts.flat())
      if (word.startsWith(lastTerm)) weights.set(word, PREFIX_WEIGHT);
  }
  for (const term of terms) weights.set(term, 1);
  /** @type {Map<string, number>} */
  const frequencies = new Map();
  for (const words of texts) {
    for (const word of new Set(words)) {
      if (weights.has(word))
        frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
    }
  }
  const totalLength = texts.reduce((sum, words) => sum + words.length, 0);
  const averageLength = totalLength / (texts.length || 1);
  return texts.map((words) => {
    const lengthFactor =
      1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * words.length) / averageLength;
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const word of words)
      if (weights.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
    let score = 0;
    for (const [word, count] of counts) {
      const frequency = frequencies.get(word) ?? 0;
      const rarity = Math.log(
        1 + (texts.length - frequency + 0.5) / (frequency + 0.5),
      );
      score +=
        (weights.get(word) ?? 0) *
        rarity *
        ((count * (TERM_SATURATION + 1)) /
          (count + TERM_SATURATION * lengthFactor));
    }
    return score;
  });
}

/**
 * @param {Table} table
 * @param {object} query as `convex/server` serialises it
 * @param {string} query.indexName without the table's name
 * @param {number[]} query.vector
 * @param {JsonValue} query.expressions one filter expression, or null
 * @param {number} [query.limit]
 * @returns {{ _id: string, _score: number }[]} the best first
 * @throws {Error} in the words of the backend's `vector/src/qdrant_index.rs`
 */
export function searchVectors(
  table,
  { indexName, vector, expressions, limit = DEFAULT_VECTOR_RESULTS },
) {
  const declared = table.definition?.vectorIndexes.find(
    ({ indexDescriptor }) => indexDescriptor === indexName,
  );
  const described = `${table.name}.${indexName}`;
  if (declared === undefined)
    throw table.unusableIndex(indexName, "a vector index");
  if (!(Number.isInteger(limit) && limit > 0)) {
    throw new Error(
      `The limit of a vector search must be an integer from 1 to ${MAX_VECTOR_RESULTS}, got ${limit}`,
    );
  }
  if (limit > MAX_VECTOR_RESULTS) {
    throw new Error(
      `Vector queries can fetch at most ${MAX_VECTOR_RESULTS} results, requested ${limit}.`,
    );
  }
  if (!(Array.isArray(vector) && vector.every(Number.isFinite))) {
    throw new Error(
      "Invalid argument `vector` for `vectorSearch`: it must be a list of finite numbers",
    );
  }
  if (expressions !== null) checkVectorOperators(expressions);
  checkVectorFilter(described, declared.filterFields, expressions);
  if (vector.length !== declared.dimensions) {
    throw new Error(
      `Expected a vector with dimensions ${declared.dimensions}, received ${vector.length}.`,
    );
  }
  const field = declared.vectorField.split(".");
  const matches =
    expressions === null ? () => true : compilePredicate(expressions);
  const results = [];
  for (const { id, document } of table.documents.values()) {
    const candidate = valueAtPath(document, field);
    if (!isVector(candidate, declared.dimensions) || !matches(document))
      continue;
    results.push({ _id: id, _score: cosine(vector, candidate) });
  }
  results.sort((left, right) => compareScores(right._score, left._score));
  return results.slice(0, limit);
}

/**
 * In the total order of `f32::total_cmp`, as the backend has them: of a vector with
 * a number that is none, the score is NaN, which is above all.
 *
 * @param {number} left
 * @param {number} right
 */
function compareScores(left, right) {
  if (Number.isNaN(left) || Number.isNaN(right))
    return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  return left - right;
}

/**
 * Source: the backend's `vector/src/query.rs`.
 *
 * @param {JsonValue | undefined} expression
 */
function checkVectorOperators(expression) {
  const { $or, $eq } = /** @type {{ [operator: string]: any }} */ (
    expression ?? {}
  );
  if (Array.isArray($or)) {
    for (const each of $or) checkVectorOperators(each);
  } else if (!Array.isArray($eq)) {
    throw new Error("Filters should be a combination of `q.eq` and `q.or`.");
  } else if (!("$field" in Object($eq[0]) && "$literal" in Object($eq[1]))) {
    throw new Error(
      "`q.eq` must take a field path as its first argument and a value as its second",
    );
  }
}

/**
 * @param {string} described
 * @param {string[]} filterFields
 * @param {JsonValue} expression
 */
function checkVectorFilter(described, filterFields, expression) {
  const fields = comparedFields(expression);
  const unknown = fields.find((field) => !filterFields.includes(field));
  if (unknown !== undefined) {
    throw new Error(
      `Vector query against ${described} contains a filter on "${unknown}" but that field isn't ` +
        "indexed for filtering in `filterFields`.",
    );
  }
  if (fields.length > MAX_VECTOR_FILTERS) {
    throw new Error(
      `Vector query against ${described} has too many conditions. ` +
        `Max: ${MAX_VECTOR_FILTERS} Actual: ${fields.length}`,
    );
  }
}

/**
 * @param {JsonValue | undefined} expression
 * @returns {string[]}
 */
function comparedFields(expression) {
  if (typeof expression !== "object" || expression === null) return [];
  if (Array.isArray(expression)) return expression.flatMap(comparedFields);
  const { $field, $literal, ...operands } = expression;
  const inner = Object.values(operands).flatMap(comparedFields);
  return typeof $field === "string" ? [$field, ...inner] : inner;
}

/**
 * @param {import("../values/values.mjs").IndexedValue} value
 * @param {number} dimensions
 * @returns {value is number[]}
 */
function isVector(value, dimensions) {
  return (
    Array.isArray(value) &&
    value.length === dimensions &&
    value.every((item) => typeof item === "number")
  );
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
