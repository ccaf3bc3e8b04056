/**
 * Convex's validation of arguments, returned values and documents, with the
 * backend's own rules and texts.
 * Source: the backend's `common/src/schemas/validator.rs`.
 */

import { floatText } from "./json.mjs";
import { CommitTimestamp, isPlainObject } from "./values.mjs";

/**
 * @typedef {import("./values.mjs").ConvexValue} ConvexValue
 * @typedef {import("./values.mjs").ConvexObject} ConvexObject
 * @typedef {import("convex/values").ValidatorJSON} ValidatorJson
 * @typedef {Extract<ValidatorJson, { type: "object" }>} ObjectValidatorJson
 *
 * @callback TableOfId
 * @param {string} id
 * @returns {string | null} null when it is no id of a known table
 */

/**
 * What convex-test makes, a component and a path, or a deployment, an id and a name. Whether
 * there is such a function, and of that signature, is not asked.
 * Source: the backend's `bootstrap_model/components/handles.rs`.
 */
const FUNCTION_HANDLE =
  /^function:\/\/(?:[^;#]*;[^;#]+|[0-9a-hjkmnp-tv-z]{31,37}(?:#.*)?)$/s;

/**
 * @param {ValidatorJson} validator
 * @param {ConvexValue} value
 * @param {TableOfId} tableOfId
 * @returns {string | null} what is wrong, null when nothing is
 */
export function findViolation(validator, value, tableOfId) {
  return new Check(tableOfId).violation(validator, value, "");
}

class Check {
  #tableOfId;

  /** @param {TableOfId} tableOfId */
  constructor(tableOfId) {
    this.#tableOfId = tableOfId;
  }

  /**
   * @param {ValidatorJson} validator
   * @param {ConvexValue} value
   * @param {string} path such as `.user.tags[0]`
   * @returns {string | null}
   */
  violation(validator, value, path) {
    switch (validator.type) {
      case "any":
        return null;
      case "null":
        return value === null ? null : noMatch(validator, value, path);
      case "number":
        return typeof value === "number"
          ? null
          : noMatch(validator, value, path);
      case "bigint":
      case "commitTs":
        return typeof value === "bigint" || value instanceof CommitTimestamp
          ? null
          : noMatch(validator, value, path);
      case "boolean":
        return typeof value === "boolean"
          ? null
          : noMatch(validator, value, path);
      case "string":
        return typeof value === "string"
          ? null
          : noMatch(validator, value, path);
      case "function":
        return typeof value === "string" && FUNCTION_HANDLE.test(value)
          ? null
          : noMatch(validator, value, path);
      case "bytes":
        return value instanceof ArrayBuffer
          ? null
          : noMatch(validator, value, path);
      case "literal":
        return this.#literalViolation(validator, value, path);
      case "id":
        return this.#idViolation(validator, value, path);
      case "array":
        return this.#arrayViolation(validator, value, path);
      case "record":
        return this.#recordViolation(validator, value, path);
      case "object":
        return this.#objectViolation(validator, value, path);
      case "union":
        return this.#unionViolation(validator, value, path);
    }
  }

  /**
   * @param {Extract<ValidatorJson, { type: "literal" }>} validator
   * @param {ConvexValue} value
   * @param {string} path
   */
  #literalViolation(validator, value, path) {
    const expected = literalValue(validator.value);
    if (Object.is(value, expected)) return null;
    return `\`${display(value)}\` does not match literal validator \`${displayValidator(validator)}\`.${at(path)}`;
  }

  /**
   * @param {Extract<ValidatorJson, { type: "id" }>} validator
   * @param {ConvexValue} value
   * @param {string} path
   */
  #idViolation(validator, value, path) {
    const table = typeof value === "string" ? this.#tableOfId(value) : null;
    if (table === validator.tableName) return null;
    if (table === null) return noMatch(validator, value, path);
    const origin = table.startsWith("_")
      ? "a system table"
      : `table \`${table}\``;
    return (
      `Found ID "${String(value)}" from ${origin}, which does not match the table name in ` +
      `validator \`${displayValidator(validator)}\`.${at(path)}`
    );
  }

  /**
   * @param {Extract<ValidatorJson, { type: "array" }>} validator
   * @param {ConvexValue} value
   * @param {string} path
   */
  #arrayViolation(validator, value, path) {
    if (!Array.isArray(value)) return noMatch(validator, value, path);
    for (const [position, item] of value.entries()) {
      const found = this.violation(
        validator.value,
        item ?? null,
        `${path}[${position}]`,
      );
      if (found !== null) return found;
    }
    return null;
  }

  /**
   * @param {Extract<ValidatorJson, { type: "record" }>} validator
   * @param {ConvexValue} value
   * @param {string} path
   */
  #recordViolation(validator, value, path) {
    if (!isPlainObject(value)) return noMatch(validator, value, path);
    const { keys, values } = validator;
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const found =
        this.violation(
          /** @type {ValidatorJson} */ (keys),
          key,
          `${path}.keys()`,
        ) ?? this.violation(values.fieldType, item, `${path}.values()`);
      if (found !== null) return found;
    }
    return null;
  }

  /**
   * @param {ObjectValidatorJson} validator
   * @param {ConvexValue} value
   * @param {string} path
   */
  #objectViolation(validator, value, path) {
    if (!isPlainObject(value)) return noMatch(validator, value, path);
    const fields = validator.value;
    for (const [field, { fieldType, optional }] of Object.entries(fields)) {
      const item = Object.hasOwn(value, field) ? value[field] : undefined;
      if (item !== undefined) {
        const found = this.violation(fieldType, item, `${path}.${field}`);
        if (found !== null) return found;
      } else if (!optional) {
        return (
          `Object is missing the required field \`${field}\`. Consider wrapping the field ` +
          `validator in \`v.optional(...)\` if this is expected.\n${at(path)}\n` +
          `Object: ${display(value)}\nValidator: ${displayValidator(validator)}`
        );
      }
    }
    for (const [field, item] of Object.entries(value)) {
      if (item !== undefined && !Object.hasOwn(fields, field)) {
        return (
          `Object contains extra field \`${field}\` that is not in the validator.\n${at(path)}\n` +
          `Object: ${display(value)}\nValidator: ${displayValidator(validator)}`
        );
      }
    }
    return null;
  }

  /**
   * @param {Extract<ValidatorJson, { type: "union" }>} validator
   * @param {ConvexValue} value
   * @param {string} path
   */
  #unionViolation(validator, value, path) {
    const members = validator.value;
    const [only] = members;
    if (members.length === 1 && only !== undefined)
      return this.violation(only, value, path);
    for (const member of members) {
      if (this.violation(member, value, path) === null) return null;
    }
    return noMatch(validator, value, path);
  }
}

/** @param {string} path */
function at(path) {
  return path === "" ? "" : `Path: ${path}`;
}

/**
 * @param {ValidatorJson} validator
 * @param {ConvexValue} value
 * @param {string} path
 */
function noMatch(validator, value, path) {
  return (
    `Value does not match validator.\n${at(path)}\nValue: ${display(value)}\n` +
    `Validator: ${displayValidator(validator)}`
  );
}

/**
 * A bigint literal is exported in the lossless encoding, and so is -0.
 *
 * @param {unknown} exported
 * @returns {string | number | boolean | bigint}
 */
function literalValue(exported) {
  if (typeof exported === "object" && exported !== null) {
    if ("$integer" in exported) {
      return Buffer.from(String(exported.$integer), "base64").readBigInt64LE();
    }
    if ("$float" in exported) {
      return Buffer.from(String(exported.$float), "base64").readDoubleLE();
    }
  }
  return /** @type {string | number | boolean} */ (exported);
}

/**
 * @param {ConvexValue} value
 * @returns {string} as the backend prints it
 */
export function display(value) {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return displayFloat(value);
    case "boolean":
    case "bigint":
      return String(value);
    default:
      if (value === null) return "null";
      if (value instanceof CommitTimestamp) return "<commit timestamp>";
      if (value instanceof ArrayBuffer)
        return `b${JSON.stringify(Buffer.from(value).toString("latin1"))}`;
      if (Array.isArray(value))
        return `[${Array.from(value, (item) => display(item ?? null)).join(", ")}]`;
      return `{${Object.keys(value)
        .filter((field) => value[field] !== undefined)
        .sort()
        .map(
          (field) =>
            `${field}: ${display(/** @type {ConvexValue} */ (value[field]))}`,
        )
        .join(", ")}}`;
  }
}

/** @param {number} float */
function displayFloat(float) {
  if (Number.isNaN(float)) return "NaN";
  if (!Number.isFinite(float)) return float > 0 ? "inf" : "-inf";
  return floatText(float);
}

/**
 * @param {ValidatorJson} validator
 * @returns {string} the `v.…` expression, as the backend prints it
 */
export function displayValidator(validator) {
  switch (validator.type) {
    case "number":
      return "v.float64()";
    case "bigint":
      return "v.int64()";
    case "commitTs":
    case "null":
    case "boolean":
    case "string":
    case "bytes":
    case "any":
    case "function":
      return `v.${validator.type}()`;
    case "id":
      return `v.id("${validator.tableName}")`;
    case "literal": {
      const literal = literalValue(validator.value);
      if (typeof literal === "bigint") return "v.literal(<bigint>)";
      return `v.literal(${typeof literal === "number" ? displayFloat(literal) : JSON.stringify(literal)})`;
    }
    case "array":
      return `v.array(${displayValidator(validator.value)})`;
    case "record": {
      const keys = displayValidator(
        /** @type {ValidatorJson} */ (validator.keys),
      );
      return `v.record(${keys}, ${displayValidator(validator.values.fieldType)})`;
    }
    case "object":
      return `v.object({${Object.keys(validator.value)
        .sort()
        .map((field) => `${field}: ${displayField(validator, field)}`)
        .join(", ")}})`;
    case "union":
      return `v.union(${validator.value.map(displayValidator).join(", ")})`;
  }
}

/**
 * @param {ObjectValidatorJson} validator
 * @param {string} field
 */
function displayField(validator, field) {
  const declared = validator.value[field];
  if (declared === undefined) return "";
  const type = displayValidator(declared.fieldType);
  return declared.optional ? `v.optional(${type})` : type;
}
