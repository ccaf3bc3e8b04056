/**
 * Tokens that mutations sign with the key of the deployment: `ctx.auth.signJwt`.
 * Source: `server/authentication.ts` of the npm package `convex`.
 */

import {
  createPrivateKey,
  generateKeyPairSync,
  randomUUID,
  sign,
} from "node:crypto";
import { now } from "../clock.mjs";

/**
 * @typedef {import("node:crypto").JsonWebKey} JsonWebKey
 *
 * @typedef {object} SigningKey plain data
 * @property {JsonWebKey} private
 * @property {JsonWebKey & { kid: string }} public
 *
 * @typedef {object} SignOptions
 * @property {{ [name: string]: unknown }} [claims]
 * @property {number} expiresInSeconds
 */

const MAX_LIFETIME = 60 * 60;
const RESERVED_CLAIM = /^(?:iss|iat|exp|nbf)$|^(?:convex|cvx)/i;

/** @returns {SigningKey} a new one, for ES256 */
export function newSigningKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
  });
  const parameters = { alg: "ES256", use: "sig", kid: randomUUID() };
  return {
    private: privateKey.export({ format: "jwk" }),
    public: { ...publicKey.export({ format: "jwk" }), ...parameters },
  };
}

/**
 * @param {SignOptions} options
 * @param {string} issuer
 * @param {SigningKey} key
 * @returns {string} a JSON Web Token
 * @throws {Error} for a claim or a lifetime that it cannot have
 */
export function signToken({ claims = {}, expiresInSeconds }, issuer, key) {
  const reserved = Object.keys(claims).find((name) =>
    RESERVED_CLAIM.test(name),
  );
  if (reserved !== undefined)
    throw new Error(`The claim "${reserved}" is reserved and cannot be set`);
  if (!(expiresInSeconds >= 1 && expiresInSeconds <= MAX_LIFETIME)) {
    throw new Error(
      `expiresInSeconds must be from 1 to ${MAX_LIFETIME}, not ${expiresInSeconds}`,
    );
  }
  const issuedAt = Math.floor(now() / 1000);
  const expiry = issuedAt + Math.floor(expiresInSeconds);
  const header = { alg: "ES256", typ: "JWT", kid: key.public.kid };
  const payload = { ...claims, iss: issuer, iat: issuedAt, exp: expiry };
  const signed = `${encoded(header)}.${encoded(payload)}`;
  const signature = sign("sha256", Buffer.from(signed), {
    key: createPrivateKey({ key: key.private, format: "jwk" }),
    dsaEncoding: "ieee-p1363",
  });
  return `${signed}.${signature.toString("base64url")}`;
}

/** @param {object} part */
function encoded(part) {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
