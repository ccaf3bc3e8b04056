/** The providers of users' tokens that a project trusts: its `auth.config.ts`. */

import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildFile } from "./build.mjs";
import { StartError } from "./errors.mjs";
import { loadText } from "./load.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 *
 * @typedef {object} AuthProvider
 * @property {string} issuer without a trailing slash
 * @property {string | null} applicationId the audience; null: any
 * @property {boolean} isCustom of the type `customJwt`
 * @property {string | null} algorithm of the signature; null: any
 * @property {ProviderKey[] | null} keys null when they are not at hand
 *
 * @typedef {{ id: string | null, key: import("node:crypto").KeyObject }} ProviderKey
 */

const FILE_NAMES = ["auth.config.ts", "auth.config.js"];
const ALGORITHMS = new Set(["RS256", "ES256"]);

/**
 * @param {Project} project
 * @param {Set<string>} sources gets the paths of the files that were sought
 * @returns {Promise<string | null>} the module, null without an `auth.config.ts`
 * @throws {StartError}
 */
export async function buildAuthConfig(project, sources) {
  const file = FILE_NAMES.map((name) =>
    join(project.functionsDirectory, name),
  ).find((path) => existsSync(path));
  return file === undefined ? null : buildFile(project, file, sources);
}

/**
 * @param {string | null} module its text, null when there is none
 * @param {string} functionsDirectory
 * @returns {Promise<AuthProvider[] | null>} null without an `auth.config.ts`
 * @throws {StartError}
 */
export async function loadAuthConfig(module, functionsDirectory) {
  if (module === null) return null;
  const { default: config } = await loadText(module);
  if (!isRecord(config) || !Array.isArray(config.providers)) {
    throw new StartError(
      `auth.config.ts must have an object with a list \`providers\` as its default export.`,
    );
  }
  return config.providers.map((provider, position) =>
    readProvider(
      provider,
      `auth.config.ts: the provider at index ${position}`,
      functionsDirectory,
    ),
  );
}

/**
 * @param {unknown} provider
 * @param {string} place for messages
 * @param {string} directory to which a path of keys is relative
 * @returns {AuthProvider}
 */
function readProvider(provider, place, directory) {
  if (!isRecord(provider)) throw new StartError(`${place} must be an object.`);
  const { type } = provider;
  if (type === undefined || type === "oidc") {
    return {
      issuer: withoutSlash(text(provider, "domain", place)),
      applicationId: text(provider, "applicationID", place),
      isCustom: false,
      algorithm: null,
      keys: null,
    };
  }
  if (type !== "customJwt") {
    throw new StartError(
      `${place} has the type ${JSON.stringify(type)}; Convex knows "oidc" and "customJwt".`,
    );
  }
  const algorithm = text(provider, "algorithm", place);
  if (!ALGORITHMS.has(algorithm)) {
    throw new StartError(
      `${place} has the algorithm "${algorithm}"; Convex knows ${[...ALGORITHMS].join(" and ")}.`,
    );
  }
  const { applicationID } = provider;
  return {
    issuer: withoutSlash(text(provider, "issuer", place)),
    applicationId:
      applicationID === undefined
        ? null
        : text(provider, "applicationID", place),
    isCustom: true,
    algorithm,
    keys: readKeys(text(provider, "jwks", place), place, directory),
  };
}

/**
 * @param {{ [name: string]: unknown }} provider
 * @param {string} name
 * @param {string} place
 * @returns {string}
 */
function text(provider, name, place) {
  const value = provider[name];
  if (typeof value === "string" && value !== "") return value;
  throw new StartError(
    `${place} needs \`${name}\`, a text. Is it read from an environment variable that is not set?`,
  );
}

/**
 * @param {string} source a `data:` URL, a `file:` URL or a path; keys elsewhere are not fetched
 * @param {string} place
 * @param {string} directory
 * @returns {ProviderKey[] | null}
 */
function readKeys(source, place, directory) {
  if (/^https?:/.test(source)) return null;
  try {
    const { keys } = JSON.parse(readSource(source, directory));
    return keys.map((/** @type {any} */ jwk) => ({
      id: typeof jwk.kid === "string" ? jwk.kid : null,
      key: createPublicKey({ key: jwk, format: "jwk" }),
    }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `${place} has a \`jwks\` that cannot be read as a JSON Web Key Set: ${reason}`,
    );
  }
}

/**
 * @param {string} source
 * @param {string} directory
 */
function readSource(source, directory) {
  const data = /^data:[^,]*?(?<base64>;base64)?,(?<content>.*)$/s.exec(source);
  const content = data?.groups?.content;
  if (content !== undefined) {
    return data?.groups?.base64 === undefined
      ? decodeURIComponent(content)
      : Buffer.from(content, "base64").toString();
  }
  const path = source.startsWith("file:")
    ? fileURLToPath(source)
    : resolve(directory, source);
  return readFileSync(path, "utf8");
}

/**
 * Providers write their domain with a slash at its end or without one.
 *
 * @param {string} issuer
 */
export function withoutSlash(issuer) {
  return issuer.replace(/\/+$/, "");
}

/**
 * @param {unknown} value
 * @returns {value is { [name: string]: unknown }}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
