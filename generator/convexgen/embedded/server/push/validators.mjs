/**
 * What a validator of documents, arguments or results must be.
 * Source: `Validator::try_from` of the backend's `common/src/schemas/json.rs`.
 */

import { decodeValue } from "../values/json.mjs";
import { display, displayValidator } from "../values/validator.mjs";
import { checkIdentifier } from "../refusals/identifiers.mjs";
import { Refusal, explained } from "../refusals/refusal.mjs";

/** @typedef {import("../values/validator.mjs").ValidatorJson} ValidatorJson */

/**
 * @param {ValidatorJson} validator
 * @throws {Refusal}
 */
export function checkValidator(validator) {
  switch (validator.type) {
    case "id":
      return checkIdentifier(validator.tableName);
    case "literal":
      return checkLiteral(validator.value);
    case "array":
      return checkValidator(validator.value);
    case "union":
      return validator.value.forEach(checkValidator);
    case "object":
      return checkFields(validator);
    case "record":
      return checkRecord(validator);
  }
}

/**
 * @param {any} validator of a schema, whose export leaves out what is no validator
 * @returns {string | null} what was given something else, such as `v.array()`
 */
export function findWithoutValidator({ type, value }) {
  /** @type {unknown[]} */
  const members =
    type === "array"
      ? [value]
      : type === "union"
        ? value
        : type === "object"
          ? Object.values(value).map(({ fieldType }) => fieldType)
          : [];
  for (const member of members) {
    if (typeof member !== "object" || member === null) return `v.${type}()`;
    const found = findWithoutValidator(member);
    if (found !== null) return found;
  }
  return null;
}

/** @param {Extract<ValidatorJson, { type: "object" }>} validator */
function checkFields({ value: fields }) {
  for (const name of Object.keys(fields).sort()) {
    checkIdentifier(name);
    const field = fields[name];
    if (field !== undefined)
      explained(`Invalid validator for key \`${name}\`: `, () =>
        checkValidator(field.fieldType),
      );
  }
}

/** @param {Extract<ValidatorJson, { type: "record" }>} validator */
function checkRecord(validator) {
  const keys = /** @type {ValidatorJson} */ (validator.keys);
  checkValidator(keys);
  if (!isOfStrings(keys)) {
    throw new Refusal(
      "Records can only have string keys. Your validator contains a record with key typed as " +
        `\`${displayValidator(keys)}\`, which is not a subtype of \`v.string()\``,
    );
  }
  checkValidator(validator.values.fieldType);
  if (hasLiteral(keys))
    throw new Refusal("Records cannot have string literal keys");
}

/**
 * @param {ValidatorJson} validator
 * @returns {boolean}
 */
function isOfStrings(validator) {
  switch (validator.type) {
    case "string":
    case "id":
      return true;
    case "literal":
      return typeof validator.value === "string";
    case "union":
      return validator.value.every(isOfStrings);
    default:
      return false;
  }
}

/**
 * @param {ValidatorJson} validator
 * @returns {boolean} whether it is a literal, or a union with one
 */
function hasLiteral(validator) {
  return (
    validator.type === "literal" ||
    (validator.type === "union" && validator.value.some(hasLiteral))
  );
}

/** @param {import("../values/json.mjs").JsonValue} exported */
function checkLiteral(exported) {
  const value = decodeValue(exported);
  if (typeof value === "object")
    throw new Refusal(`Value ${display(value)} is not a valid literal.`);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Refusal(
      "Infinite or NaN values are not supported in literal validators.",
    );
  }
}
