/** The providers of users' tokens that a project trusts: its `auth.config.ts`. */

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildFile } from "./build.mjs";
import { StartError } from "../errors.mjs";
import {
  FetchedKeys,
  KeysAtHand,
  keysOfIssuer,
  parseKeySet,
} from "../identity/keySets.mjs";
import { whileImporting } from "../isolate/importing.mjs";
import { describe, importText } from "./load.mjs";
import { checkAuthConfig, issuerUrl } from "../push/authConfig.mjs";
import { withoutSlash } from "../identity/providers.mjs";
import { INVALID_AUTH_CONFIG, whilePushing } from "../refusals/refusal.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 * @typedef {import("../identity/providers.mjs").AuthProvider} AuthProvider
 * @typedef {import("../push/authConfig.mjs").ProviderConfig} ProviderConfig
 */

const FILE_NAMES = ["auth.config.ts", "auth.config.js"];

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
 * @param {string} module its text
 * @returns {Promise<ProviderConfig[]>}
 * @throws {StartError}
 */
export async function loadAuthConfig(module) {
  const imported = await importConfig(module);
  return whilePushing(() => checkAuthConfig(imported), INVALID_AUTH_CONFIG)
    .providers;
}

/**
 * @param {ProviderConfig[]} providers
 * @param {string} functionsDirectory
 * @returns {AuthProvider[]}
 * @throws {StartError} for keys that cannot be read
 */
export function readProviders(providers, functionsDirectory) {
  return providers.map((provider, position) =>
    readProvider(
      provider,
      `auth.config.ts: the provider at index ${position}`,
      functionsDirectory,
    ),
  );
}

/**
 * @param {string} module
 * @returns {Promise<unknown>} its default export
 * @throws {StartError}
 */
async function importConfig(module) {
  try {
    const load = () => importText(module);
    const { exports } = await whileImporting("auth config file", load);
    return exports.default;
  } catch (error) {
    throw new StartError(
      `${INVALID_AUTH_CONFIG}${describe(error)}${adviceOn(error)}`,
    );
  }
}

/**
 * @param {unknown} error
 * @returns {string} how a variable is set here, where one is not
 */
function adviceOn(error) {
  const unset = /^Environment variable (\S+) .* was not set$/.exec(
    error instanceof Error ? error.message : "",
  );
  return unset === null
    ? ""
    : `\nHere it is a variable of the environment that the backend starts in: ${unset[1]}=… convexgen dev`;
}

/**
 * @param {ProviderConfig} provider
 * @param {string} place for messages
 * @param {string} directory to which a path of keys is relative
 * @returns {AuthProvider}
 * @throws {StartError} for keys that cannot be read
 */
function readProvider(provider, place, directory) {
  if (provider.type !== "customJwt") {
    const issuer = withoutSlash(issuerUrl(provider.domain));
    return {
      issuer,
      applicationId: provider.applicationID,
      isCustom: false,
      algorithm: null,
      keys: keysOfIssuer(issuer),
    };
  }
  return {
    issuer: withoutSlash(issuerUrl(provider.issuer)),
    applicationId: provider.applicationID ?? null,
    isCustom: true,
    algorithm: provider.algorithm,
    keys: readKeys(provider.jwks, place, directory),
  };
}

/**
 * @param {string} source a URL (`https:`, `data:`, `file:`) or a path
 * @param {string} place
 * @param {string} directory
 * @returns {import("../identity/keySets.mjs").KeySet}
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
