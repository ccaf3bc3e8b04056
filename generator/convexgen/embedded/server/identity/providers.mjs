/** Who signs the tokens of users. */

/**
 * @typedef {object} AuthProvider
 * @property {string} issuer without a trailing slash
 * @property {string | null} applicationId the audience; null: any
 * @property {boolean} isCustom of the type `customJwt`
 * @property {string | null} algorithm of the signature; null: any that Convex knows
 * @property {import("./keySets.mjs").KeySet} keys
 */

/**
 * Providers write their domain with a slash at its end or without one.
 *
 * @param {string} issuer
 */
export function withoutSlash(issuer) {
  return issuer.replace(/\/+$/, "");
}
