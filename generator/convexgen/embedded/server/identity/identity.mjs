/** Who calls: nobody known, an administrator, a user, or the one acting as the other. */

import { timingSafeEqual } from "node:crypto";
import { RequestError } from "../errors.mjs";

/**
 * @typedef {{ tokenIdentifier: string, issuer: string, subject: string, [attribute: string]: unknown }} UserAttributes
 *
 * @typedef {object} Identity
 * @property {boolean} isAdmin may run internal functions
 * @property {UserAttributes | null} user what `ctx.auth.getUserIdentity()` gives
 * @property {string | null} token of the user, null for one that an administrator acts as
 * @property {number | null} expiresAt of the token, in milliseconds since 1970, null when it does not expire
 */

/** @type {Identity} */
export const ANONYMOUS = Object.freeze({
  isAdmin: false,
  user: null,
  token: null,
  expiresAt: null,
});
/** @type {Identity} */
export const ADMIN = Object.freeze({ ...ANONYMOUS, isAdmin: true });

/** Claims whose attribute of `UserIdentity` has another name. */
const ATTRIBUTES = new Map([
  ["given_name", "givenName"],
  ["family_name", "familyName"],
  ["preferred_username", "preferredUsername"],
  ["profile", "profileUrl"],
  ["picture", "pictureUrl"],
  ["email_verified", "emailVerified"],
  ["birthdate", "birthday"],
  ["zoneinfo", "timezone"],
  ["locale", "language"],
  ["phone_number", "phoneNumber"],
  ["phone_number_verified", "phoneNumberVerified"],
  ["updated_at", "updatedAt"],
]);
const HIDDEN_CLAIMS = new Set([
  "iss",
  "sub",
  "aud",
  "exp",
  "iat",
  "nbf",
  "jti",
]);

export class Authenticator {
  #adminKey;
  #tokens;

  /**
   * @param {string} adminKey
   * @param {import("./tokens.mjs").TokenVerifier} tokens
   */
  constructor(adminKey, tokens) {
    this.#adminKey = adminKey;
    this.#tokens = tokens;
  }

  /**
   * @param {string | undefined} header `Authorization`
   * @returns {Promise<Identity>} rejects with a RequestError
   */
  async fromHeader(header) {
    if (header === undefined) return ANONYMOUS;
    const [scheme = "", credentials = ""] = header.split(" ", 2);
    switch (scheme.toLowerCase()) {
      case "convex":
        return this.admin(credentials, null);
      case "bearer":
        return await this.user(credentials);
      default:
        throw new RequestError(
          401,
          "InvalidAuthHeader",
          `The Authorization header must start with "Bearer" or "Convex", not "${scheme}"`,
        );
    }
  }

  /**
   * @param {string} credentials the key, maybe with `:` and base64 of the JSON of a user's attributes
   * @param {unknown} impersonated a user's attributes
   * @returns {Identity}
   * @throws {RequestError}
   */
  admin(credentials, impersonated) {
    const isOwnKey = isSame(credentials, this.#adminKey);
    const colon = isOwnKey ? -1 : credentials.lastIndexOf(":");
    const key = colon < 0 ? credentials : credentials.slice(0, colon);
    if (!(isOwnKey || isSame(key, this.#adminKey))) {
      throw new RequestError(
        401,
        "BadDeployKey",
        "The provided deploy key was invalid for deployment 'embedded'. Double check that the " +
          "environment this key was generated for matches the desired deployment.",
      );
    }
    if (colon >= 0) {
      return {
        ...ADMIN,
        user: actingUser(parseBase64Json(credentials.slice(colon + 1))),
      };
    }
    return impersonated ? { ...ADMIN, user: actingUser(impersonated) } : ADMIN;
  }

  /**
   * @param {string} token a JSON Web Token
   * @returns {Promise<Identity>} rejects with a RequestError
   */
  async user(token) {
    const claims = await this.#tokens.claimsOf(token);
    const { iss, sub, exp } = claims;
    const attributes = Object.entries(claims)
      .filter(([claim]) => !HIDDEN_CLAIMS.has(claim))
      .map(([claim, value]) => [ATTRIBUTES.get(claim) ?? claim, value]);
    return {
      isAdmin: false,
      user: {
        ...Object.fromEntries(attributes),
        tokenIdentifier: `${iss}|${sub}`,
        issuer: iss,
        subject: sub,
      },
      token,
      expiresAt: typeof exp === "number" ? exp * 1000 : null,
    };
  }
}

/**
 * @param {string} given
 * @param {string} expected
 */
function isSame(given, expected) {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * @param {unknown} value
 * @returns {value is { [name: string]: unknown }}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {string} text base64 or base64url
 * @returns {unknown} null when it is none
 */
function parseBase64Json(text) {
  try {
    return JSON.parse(Buffer.from(text, "base64").toString());
  } catch {
    return null;
  }
}

/**
 * @param {unknown} attributes
 * @returns {UserAttributes}
 */
function actingUser(attributes) {
  if (isRecord(attributes)) {
    const { tokenIdentifier, issuer, subject } = attributes;
    if (typeof tokenIdentifier === "string") {
      const [ownIssuer = "", ownSubject = ""] = tokenIdentifier.split("|", 2);
      return {
        issuer: ownIssuer,
        subject: ownSubject,
        ...attributes,
        tokenIdentifier,
      };
    }
    if (typeof issuer === "string" && typeof subject === "string") {
      return {
        ...attributes,
        issuer,
        subject,
        tokenIdentifier: `${issuer}|${subject}`,
      };
    }
  }
  throw new RequestError(
    400,
    "BadActingUser",
    "The attributes of the acting user need `tokenIdentifier`, or `issuer` and `subject`",
  );
}
