/** JSON Web Key Sets of the providers of users' tokens: at hand, or fetched when a token needs them. */

import { createPublicKey } from "node:crypto";
import { RequestError } from "../errors.mjs";

/**
 * @typedef {{ id: string | null, key: import("node:crypto").KeyObject }} ProviderKey
 *
 * @typedef {object} KeySet
 * @property {(id: unknown) => Promise<ProviderKey[]>} keysFor a token with this `kid`, which may have none;
 *   throws a RequestError when they cannot be had
 */

/** Until a key that the provider took back is noticed. */
const MAX_AGE = 10 * 60_000;
const FETCH_DEADLINE = 5_000;

// convex-test replaces the globals by accessors.
const { fetch, performance } = globalThis;

/** @implements {KeySet} */
export class KeysAtHand {
  #keys;

  /** @param {ProviderKey[]} keys */
  constructor(keys) {
    this.#keys = keys;
  }

  async keysFor() {
    return this.#keys;
  }
}

/**
 * Keys at a URL, kept for a while; one that is not among them is looked for at once.
 *
 * @implements {KeySet}
 */
export class FetchedKeys {
  #provider;
  #locate;
  #deadline;
  /** @type {ProviderKey[]} */
  #keys = [];
  #fetchedAt = -Infinity;
  /** @type {Promise<void> | null} */
  #fetching = null;

  /**
   * @param {string} provider for messages
   * @param {(deadline: number) => Promise<string>} locate gives the URL of the set
   * @param {number} [deadline] of a request, in milliseconds
   */
  constructor(provider, locate, deadline = FETCH_DEADLINE) {
    this.#provider = provider;
    this.#locate = locate;
    this.#deadline = deadline;
  }

  /** @param {unknown} id */
  async keysFor(id) {
    const isOld = performance.now() - this.#fetchedAt > MAX_AGE;
    if (isOld || !this.#keys.some((key) => isMeant(key, id))) {
      this.#fetching ??= this.#fetch().finally(() => {
        this.#fetching = null;
      });
      await this.#fetching;
    }
    return this.#keys;
  }

  async #fetch() {
    try {
      const url = await this.#locate(this.#deadline);
      this.#keys = parseKeySet(await fetchText(url, this.#deadline));
      this.#fetchedAt = performance.now();
    } catch (error) {
      throw new RequestError(
        401,
        "AuthProviderDiscoveryFailed",
        `The keys of ${this.#provider} cannot be fetched: ${reasonOf(error)}. To sign tokens in ` +
          "tests, start the server with a secret for them",
      );
    }
  }
}

/**
 * @param {string} issuer an OpenID Connect provider, without a slash at its end
 * @returns {FetchedKeys} those that its discovery document names
 */
export function keysOfIssuer(issuer) {
  return new FetchedKeys(issuer, async (deadline) => {
    const url = `${issuer}/.well-known/openid-configuration`;
    const { jwks_uri: location } = JSON.parse(await fetchText(url, deadline));
    if (typeof location !== "string") throw new Error(`${url} has no jwks_uri`);
    return location;
  });
}

/**
 * @param {string} url
 * @param {number} deadline milliseconds
 * @returns {Promise<string>}
 */
async function fetchText(url, deadline) {
  const response = await fetch(url, {
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(deadline),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return await response.text();
}

/**
 * @param {string} text JSON of a set
 * @returns {ProviderKey[]} in so far as they are for signatures
 */
export function parseKeySet(text) {
  const { keys } = JSON.parse(text);
  if (!Array.isArray(keys)) throw new Error("it has no list `keys`");
  return keys
    .filter(({ use = "sig" }) => use === "sig")
    .map((jwk) => ({
      id: typeof jwk.kid === "string" ? jwk.kid : null,
      key: createPublicKey({ key: jwk, format: "jwk" }),
    }));
}

/**
 * @param {ProviderKey} key
 * @param {unknown} id the `kid` of a token
 * @returns {boolean} whether the token may be signed with it
 */
export function isMeant(key, id) {
  return id === undefined || key.id === null || key.id === id;
}

/** @param {unknown} error */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
