/**
 * What an `auth.config.ts` must export.
 * Source: `environment/auth_config.rs` of the backend's `isolate/src`, and its
 * `common/src/auth.rs`.
 */

import { Refusal, explained } from "../refusals/refusal.mjs";

/**
 * @typedef {OidcConfig | CustomJwtConfig} ProviderConfig
 * @typedef {{ type?: "oidc", domain: string, applicationID: string }} OidcConfig
 *
 * @typedef {object} CustomJwtConfig
 * @property {"customJwt"} type
 * @property {string} [applicationID]
 * @property {string} issuer
 * @property {string} jwks
 * @property {string} algorithm
 */

export const ALGORITHMS = new Set(["RS256", "ES256"]);

const SEE_DOCS =
  "To learn more, see the auth documentation at https://docs.convex.dev/auth.";
const NOT_MATCHING =
  "auth config file must include a list of provider credentials: ";
const SHARED_ISSUERS = ["https://api.workos.com/", "https://api.workos.com"];

/**
 * @param {unknown} exported
 * @returns {{ providers: ProviderConfig[] }} as JSON has it
 * @throws {Refusal}
 */
export function checkAuthConfig(exported) {
  if (exported === undefined || exported === null) {
    throw new Refusal(
      `auth config file is missing default export. ${SEE_DOCS}`,
    );
  }
  const json = JSON.stringify(exported);
  if (json === undefined)
    throw new Refusal(`auth config file can only contain strings ${SEE_DOCS}`);
  const config = JSON.parse(json);
  if (!Array.isArray(config?.providers))
    throw new Refusal(`${NOT_MATCHING}missing field \`providers\``);
  const { providers } = config;
  for (const [index, provider] of providers.entries())
    if (isRecord(provider)) checkConfusions(index, provider);
  for (const [index, provider] of providers.entries()) {
    const missing = missingIn(provider);
    if (missing === null) continue;
    throw new Refusal(
      `${NOT_MATCHING}data did not match any variant of untagged enum SerializedAuthInfo\n` +
        `(The provider at index ${index} ${missing}.)`,
    );
  }
  for (const provider of providers)
    checkIssuer(
      provider.type === "customJwt" ? provider.issuer : provider.domain,
    );
  return config;
}

/**
 * @param {number} index
 * @param {{ [name: string]: unknown }} provider
 */
function checkConfusions(index, provider) {
  const { type = "unknown", issuer } = provider;
  const place = `Provider at index ${index}`;
  if ("applicationId" in provider || "applicationid" in provider) {
    throw new Refusal(
      `${NOT_MATCHING}${place} must have applicationID property spelled lowercase 'application', ` +
        "capital I, capital D.",
    );
  }
  if (type !== "unknown" && type !== "oidc" && type !== "customJwt") {
    throw new Refusal(
      `${NOT_MATCHING}${place} has unexpected 'type' value '${type}'`,
    );
  }
  if (type === "customJwt" && "domain" in provider) {
    throw new Refusal(
      `${NOT_MATCHING}${place} is a customJwt so cannot have a 'domain' specified`,
    );
  }
  if (type !== "customJwt" && "issuer" in provider) {
    throw new Refusal(
      `${NOT_MATCHING}${place} is oidc so cannot have an 'issuer' specified.`,
    );
  }
  if (
    !("applicationID" in provider) &&
    SHARED_ISSUERS.includes(String(issuer))
  ) {
    throw new Refusal(
      `This auth configuration appears potentially insecure: ${place} has an issuer that is shared ` +
        "among many applications, so must to specify an ApplicationID to check against an `aud` " +
        "field of a JWT.",
    );
  }
}

/**
 * @param {unknown} provider
 * @returns {string | null} what is missing, which the backend does not say
 */
function missingIn(provider) {
  if (!isRecord(provider)) return "is no object";
  const isCustom = provider.type === "customJwt";
  const needed = isCustom
    ? ["issuer", "jwks", "algorithm"]
    : ["domain", "applicationID"];
  const missing = needed.find((name) => typeof provider[name] !== "string");
  if (missing !== undefined) return `needs \`${missing}\`, a text`;
  if (isCustom && !ALGORITHMS.has(String(provider.algorithm)))
    return `has the algorithm "${provider.algorithm}"; Convex knows RS256 and ES256`;
  return null;
}

/** @param {string} address maybe without a scheme */
function checkIssuer(address) {
  explained(`Invalid provider domain URL "${address}": `, () => {
    if (address.startsWith('"'))
      throw new Refusal('starts with a double quote (")');
    const url = issuerUrl(address);
    if (!URL.canParse(url)) throw new Refusal("is no URL");
    const { protocol, hostname } = new URL(url);
    if (!["http:", "https:"].includes(protocol))
      throw new Refusal("scheme should be http or https");
    const hasDomain = hostname === "localhost" || hostname.includes(".");
    if (url !== address && !hasDomain) {
      throw new Refusal(
        "Does not look like a URL (must have a scheme or end with a top-level domain)",
      );
    }
  });
}

/**
 * @param {string} address of who signs tokens
 * @returns {string} with a scheme
 */
export function issuerUrl(address) {
  return /^\w+:\/\//.test(address) ? address : `https://${address}`;
}

/**
 * @param {unknown} value
 * @returns {value is { [name: string]: unknown }}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
