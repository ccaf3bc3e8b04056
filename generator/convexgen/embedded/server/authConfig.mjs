/** The providers of users' tokens that a project trusts: its `auth.config.ts`. */

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildFile } from "./build.mjs";
import { StartError } from "./errors.mjs";
import {
  FetchedKeys,
  KeysAtHand,
  keysOfIssuer,
  parseKeySet,
} from "./keySets.mjs";
import { loadText } from "./load.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 *
 * @typedef {object} AuthProvider
 * @property {string} issuer without a trailing slash
 * @property {string | null} applicationId the audience; null: any
 * @property {boolean} isCustom of the type `customJwt`
 * @property {string | null} algorithm of the signature; null: any that Convex knows
 * @property {import("./keySets.mjs").KeySet} keys
 */

const FILE_NAMES = ["auth.config.ts", "auth.config.js"];
export const ALGORITHMS = new Set(["RS256", "ES256"]);

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
    const issuer = issuerOf(text(provider, "domain", place), place);
    return {
      issuer,
      applicationId: text(provider, "applicationID", place),
      isCustom: false,
      algorithm: null,
      keys: keysOfIssuer(issuer),
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
 * @param {string} domain of an OpenID Connect provider, maybe without `https://`
 * @param {string} place
 * @returns {string}
 */
function issuerOf(domain, place) {
  const issuer = withoutSlash(
    /^\w+:\/\//.test(domain) ? domain : `https://${domain}`,
  );
  // The real backend takes https only; a provider that a test plays is on this machine.
  if (
    !URL.canParse(issuer) ||
    !/^https:|^http:\/\/(localhost|127\.0\.0\.1)\b/.test(issuer)
  ) {
    throw new StartError(
      `${place} has the domain "${domain}", which is no URL with https.`,
    );
  }
  return issuer;
}

/**
 * @param {string} source a URL (`https:`, `data:`, `file:`) or a path
 * @param {string} place
 * @param {string} directory
 * @returns {import("./keySets.mjs").KeySet}
 */
function readKeys(source, place, directory) {
  if (/^https?:/.test(source))
    return new FetchedKeys(source, async () => source);
  try {
    return new KeysAtHand(parseKeySet(readSource(source, directory)));
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
