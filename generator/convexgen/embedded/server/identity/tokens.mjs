/**
 * JSON Web Tokens of users: read, and verified when there is a key for them.
 * Source: the backend's `authentication/src/lib.rs`.
 */

import { createHmac, timingSafeEqual, verify } from "node:crypto";
import { withoutSlash } from "./providers.mjs";
import { ALGORITHMS, issuerUrl } from "../push/authConfig.mjs";
import { RequestError } from "../errors.mjs";
import { isMeant } from "./keySets.mjs";

/**
 * @typedef {import("./providers.mjs").AuthProvider} AuthProvider
 * @typedef {{ [claim: string]: unknown }} Claims
 */

/**
 * @typedef {object} Token
 * @property {Claims} header
 * @property {Claims & { iss: string, sub: string }} claims
 * @property {string} signed
 * @property {Buffer} signature
 */

const UNVERIFIED_NOTE =
  "Note: the project has no auth.config.ts, so the embedded backend reads the tokens of users but " +
  "does not verify them. A real deployment refuses them.\n";

// convex-test replaces the global by an accessor.
const { now } = Date;

export class TokenVerifier {
  #providers;
  #secret;
  #hasNoted = false;

  /**
   * @param {object} [options]
   * @param {AuthProvider[] | null} [options.providers] null: any token is taken
   * @param {string | null} [options.secret] of tokens that tests sign with HS256
   */
  constructor({ providers = null, secret = null } = {}) {
    this.#providers = providers;
    this.#secret = secret;
  }

  /** @param {AuthProvider[] | null} providers from now on */
  setProviders(providers) {
    this.#providers = providers;
  }

  /**
   * @param {string} text
   * @returns {Promise<Claims & { iss: string, sub: string }>} rejects with a RequestError
   */
  async claimsOf(text) {
    const token = parseToken(text);
    const provider = this.#providerOf(token);
    await this.#checkSignature(token, provider);
    checkTimes(token, provider !== null);
    const { claims } = token;
    return provider?.isCustom
      ? { ...flatten(claims), iss: claims.iss, sub: claims.sub }
      : claims;
  }

  /**
   * @param {Token} token
   * @returns {AuthProvider | null}
   */
  #providerOf({ claims }) {
    if (this.#providers === null) return null;
    const issuer = withoutSlash(issuerUrl(claims.iss));
    const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
    const found = this.#providers.find(
      (provider) =>
        provider.issuer === issuer &&
        (provider.applicationId === null ||
          audiences.includes(provider.applicationId)),
    );
    if (found !== undefined) return found;
    const known = this.#providers
      .map(({ issuer, applicationId }) => `${issuer} for ${applicationId}`)
      .join(", ");
    throw new RequestError(
      401,
      "NoAuthProvider",
      `No auth provider found matching the given token: it is of ${claims.iss} for ` +
        `${audiences.join(", ")}, and auth.config.ts has ${known || "no providers"}`,
    );
  }

  /**
   * @param {Token} token
   * @param {AuthProvider | null} provider
   */
  async #checkSignature(token, provider) {
    const { alg } = token.header;
    if (this.#secret !== null && alg === "HS256") {
      const expected = createHmac("sha256", this.#secret)
        .update(token.signed)
        .digest();
      const { signature } = token;
      if (
        signature.length !== expected.length ||
        !timingSafeEqual(signature, expected)
      )
        throw refusal("its signature does not fit the secret of this server");
    } else if (provider !== null) {
      await checkKeySignature(token, provider);
    } else if (this.#secret !== null) {
      throw refusal(
        `there is no key for its algorithm ${String(alg)}; the secret of this server is for HS256`,
      );
    } else if (!this.#hasNoted) {
      this.#hasNoted = true;
      process.stderr.write(UNVERIFIED_NOTE);
    }
  }
}

/**
 * @param {string} text
 * @returns {Token}
 */
function parseToken(text) {
  const [encodedHeader = "", payload = "", signature = "", ...rest] =
    text.split(".");
  const header = parsePart(encodedHeader);
  const claims = parsePart(payload);
  if (
    rest.length > 0 ||
    header === null ||
    claims === null ||
    typeof claims.iss !== "string" ||
    typeof claims.sub !== "string"
  ) {
    throw new RequestError(
      401,
      "InvalidAuthHeader",
      "Could not parse the token: expected a JSON Web Token with the claims `iss` and `sub`",
    );
  }
  return {
    header,
    claims: { ...claims, iss: claims.iss, sub: claims.sub },
    signed: `${encodedHeader}.${payload}`,
    signature: Buffer.from(signature, "base64url"),
  };
}

/**
 * @param {string} part
 * @returns {Claims | null}
 */
function parsePart(part) {
  try {
    const value = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** The kind of key that an algorithm needs. */
const KEY_TYPES = new Map([
  ["RS256", "rsa"],
  ["ES256", "ec"],
]);

/**
 * @param {Token} token
 * @param {AuthProvider} provider
 */
async function checkKeySignature({ header, signed, signature }, provider) {
  const { kid } = header;
  const alg = String(header.alg);
  const algorithms =
    provider.algorithm === null ? [...ALGORITHMS] : [provider.algorithm];
  if (!algorithms.includes(alg))
    throw refusal(
      `it is signed with ${alg}, not with ${algorithms.join(" or ")}`,
    );
  const keys = await provider.keys.keysFor(kid);
  const candidates = keys.filter(
    (candidate) =>
      isMeant(candidate, kid) &&
      candidate.key.asymmetricKeyType === KEY_TYPES.get(alg),
  );
  const isValid = candidates.some(({ key }) =>
    verify(
      "sha256",
      Buffer.from(signed),
      // Signatures of ECDSA in a token are two plain numbers (RFC 7518, 3.4).
      { key, dsaEncoding: "ieee-p1363" },
      signature,
    ),
  );
  if (!isValid)
    throw refusal(
      candidates.length === 0
        ? `the keys of ${provider.issuer} have none with the id ${String(kid)} for ${alg}`
        : `its signature does not fit the keys of ${provider.issuer}`,
    );
}

/**
 * @param {Token} token
 * @param {boolean} needsExpiry
 */
function checkTimes({ claims: { exp, nbf } }, needsExpiry) {
  const seconds = now() / 1000;
  if (typeof exp === "number" && exp < seconds) throw refusal("it has expired");
  if (typeof exp !== "number" && needsExpiry)
    throw refusal("it does not have the claim `exp`");
  if (typeof nbf === "number" && nbf > seconds)
    throw refusal("it is not valid yet");
}

/** @param {string} reason */
function refusal(reason) {
  return new RequestError(
    401,
    "InvalidAuthHeader",
    `Could not verify the token: ${reason}`,
  );
}

/**
 * Claims of custom providers are attributes under their dotted path.
 *
 * @param {Claims} claims
 * @param {string} [prefix]
 * @returns {Claims}
 */
function flatten(claims, prefix = "") {
  /** @type {Claims} */
  const flat = {};
  for (const [name, value] of Object.entries(claims)) {
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      Object.assign(
        flat,
        flatten(/** @type {Claims} */ (value), `${prefix}${name}.`),
      );
    else flat[prefix + name] = value;
  }
  return flat;
}
