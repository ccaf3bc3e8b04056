/**
 * The environment variables that an app and its components declare.
 * Source: `validate_component_env` of `components/type_checking.rs` in the backend's `model/src`, and
 * `validate_env_var_declarations` and `validate_env_var_values` in its `application/src`.
 */

import { findViolation } from "../values/validator.mjs";
import { Refusal, whilePushing } from "../refusals/refusal.mjs";

/**
 * @typedef {import("../values/validator.mjs").ValidatorJson} ValidatorJson
 *
 * @typedef {object} DeclaredVariable
 * @property {string} name
 * @property {boolean} isOptional
 * @property {ValidatorJson} validator
 *
 * @typedef {{ type: "value", value: string } | { type: "envVar", name: string }} EnvBinding
 *   a text, or the name of a variable of whoever installs the component
 */

/**
 * @param {string} owner
 * @param {DeclaredVariable[]} variables
 * @throws {Refusal}
 */
export function checkDeclarations(owner, variables) {
  for (const { name, validator } of variables) {
    if (isOfTexts(validator)) continue;
    throw new Refusal(
      `Env var \`${name}\` on ${owner} has a non-string validator. Component env vars must be ` +
        'declared with `v.string()`, `v.literal("...")`, or a union of those.',
    );
  }
}

/**
 * @param {string} path of the component
 * @param {DeclaredVariable[]} variables
 * @param {Map<string, EnvBinding>} bindings what it is given
 * @param {DeclaredVariable[]} parents of whoever installs it
 * @throws {Refusal}
 */
export function checkBindings(path, variables, bindings, parents) {
  for (const [name, binding] of bindings) {
    const declared = named(variables, name);
    if (declared === undefined)
      throw new Refusal(`Component ${path} has no env var named ${name}`);
    const reason =
      binding.type === "value"
        ? wrongValue(declared, binding.value)
        : wrongReference(declared, binding.name, named(parents, binding.name));
    if (reason !== null) throw new Refusal(`Component ${path} ${reason}`);
  }
}

/**
 * @param {DeclaredVariable} declared
 * @param {string} value
 */
function wrongValue({ name, validator }, value) {
  const violation = violationOf(validator, value);
  return violation === null
    ? null
    : `has an invalid value for env var ${name}: ${violation}`;
}

/**
 * @param {DeclaredVariable} declared
 * @param {string} parentName
 * @param {DeclaredVariable | undefined} parent
 */
function wrongReference({ name, isOptional, validator }, parentName, parent) {
  if (parent === undefined)
    return `env var ${name} references undeclared parent env var ${parentName}`;
  if (parent.isOptional && !isOptional)
    return `env var ${name} is required, but parent env var ${parentName} is optional`;
  return isSubset(parent.validator, validator)
    ? null
    : `env var ${name} validator is not satisfied by parent env var ${parentName} validator`;
}

/**
 * @param {string} path of the component
 * @param {DeclaredVariable[]} variables
 * @param {Map<string, EnvBinding>} bindings what it is given
 * @throws {Refusal}
 */
export function checkRequired(path, variables, bindings) {
  const missing = variables.find(
    ({ name, isOptional }) => !isOptional && !bindings.has(name),
  );
  if (missing !== undefined)
    throw new Refusal(
      `Component ${path} is missing required env var ${missing.name}`,
    );
}

/**
 * @param {DeclaredVariable[]} variables of the app
 * @throws {import("../errors.mjs").StartError} for those that are not set, or not as they must be
 */
export function checkEnvironment(variables) {
  whilePushing(() => {
    const missing = variables.filter(
      ({ name, isOptional }) => !isOptional && process.env[name] === undefined,
    );
    if (missing.length > 0) {
      const names = missing.map(({ name }) => name).sort();
      throw new Refusal(
        `Required environment variables are not set: ${names.join(", ")}. Set them in the Convex ` +
          "dashboard or CLI before pushing.\n(Here they are those of the process that is started.)",
      );
    }
    for (const { name, validator } of variables) {
      const value = process.env[name];
      const violation =
        value === undefined ? null : violationOf(validator, value);
      if (violation !== null)
        throw new Refusal(
          `Environment variable ${name} does not match its declared validator: ${violation}`,
        );
    }
  });
}

/**
 * @param {DeclaredVariable[]} variables
 * @param {string} name
 */
function named(variables, name) {
  return variables.find((variable) => variable.name === name);
}

/**
 * @param {ValidatorJson} validator
 * @param {string} value
 */
function violationOf(validator, value) {
  return findViolation(validator, value, () => null);
}

/**
 * @param {ValidatorJson} validator
 * @returns {boolean} whether it takes nothing but texts
 */
function isOfTexts(validator) {
  switch (validator.type) {
    case "string":
      return true;
    case "literal":
      return typeof validator.value === "string";
    case "union":
      return validator.value.every(isOfTexts);
    default:
      return false;
  }
}

/**
 * @param {ValidatorJson} validator of texts
 * @param {ValidatorJson} other
 * @returns {boolean} whether the other one takes all that it takes
 */
function isSubset(validator, other) {
  if (validator.type === "union")
    return validator.value.every((member) => isSubset(member, other));
  if (other.type === "union")
    return other.value.some((member) => isSubset(validator, member));
  return (
    other.type === "string" ||
    (validator.type === "literal" &&
      other.type === "literal" &&
      validator.value === other.value)
  );
}
