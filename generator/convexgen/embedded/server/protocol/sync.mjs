/**
 * Convex's WebSocket sync protocol.
 * Source: the backend's `sync_types/src/types`, `sync/src/{worker,state}.rs`.
 */

import { SyncSession } from "./session.mjs";
import { Subscription } from "./subscription.mjs";

/**
 * @typedef {import("ws").WebSocket} WebSocket
 * @typedef {import("../identity/identity.mjs").Authenticator} Authenticator
 * @typedef {import("../calls/metadata.mjs").Client} Client
 * @typedef {import("../threads/remoteHost.mjs").RemoteHost} RemoteHost
 * @typedef {import("./clientMessages.mjs").AddQuery} AddQuery
 * @typedef {import("./serverMessages.mjs").Answered} Answered
 */

const PING_INTERVAL = 10_000;

const FIRST_CHUNKING_VERSION = [1, 28];

/** What sessions share: who must hear of a commit, and which mutations are being made. */
export class SyncService {
  /** @type {Set<SyncSession>} */
  #sessions = new Set();
  /** By the keys by which the host follows them. @type {Map<number, Subscription>} */
  #subscriptions = new Map();
  #nextKey = 1;
  /** By session and request. @type {Map<string, Promise<Answered>>} */
  #running = new Map();
  #nextTransitionId = 1;

  /**
   * @param {object} options
   * @param {RemoteHost} options.host
   * @param {Authenticator} options.authenticator
   * @param {number} [options.pingInterval] milliseconds
   */
  constructor({ host, authenticator, pingInterval = PING_INTERVAL }) {
    this.pingInterval = pingInterval;
    this.host = host;
    this.authenticator = authenticator;
    host.onTouched((keys) => this.#invalidate(keys));
    host.onReplaced((isOtherCode) => this.#invalidateAll(isOtherCode));
  }

  /**
   * @param {WebSocket} socket
   * @param {string | null} npmVersion of the client, null for clients in other languages
   * @param {Client} client
   */
  accept(socket, npmVersion, client) {
    const canChunk = isChunking(npmVersion);
    const session = new SyncSession(this, socket, { canChunk, client });
    this.#sessions.add(session);
    socket.on("close", () => this.#sessions.delete(session));
  }

  nextTransitionId() {
    return String(this.#nextTransitionId++);
  }

  /**
   * @param {AddQuery} query
   * @param {() => void} onInvalidate
   * @returns {Subscription}
   */
  follow(query, onInvalidate) {
    const subscription = new Subscription(this.#nextKey++, query, onInvalidate);
    this.#subscriptions.set(subscription.key, subscription);
    return subscription;
  }

  /** @param {Subscription[]} subscriptions */
  unfollow(subscriptions) {
    const keys = subscriptions.map(({ key }) => key);
    for (const key of keys) this.#subscriptions.delete(key);
    this.host.unfollow(keys);
  }

  /** @param {number[]} keys */
  #invalidate(keys) {
    for (const key of keys) this.#subscriptions.get(key)?.invalidate();
  }

  /** @param {boolean} withStopped see `Subscription` */
  #invalidateAll(withStopped) {
    for (const session of this.#sessions) session.refreshAll(withStopped);
  }

  /**
   * Makes a mutation once, however often and over however many sockets a client sends it. Neither
   * its path nor its arguments nor who calls it are compared, and failures are not kept.
   * Source: `check_mutation_status` in the backend's `application_function_runner/mod.rs`.
   *
   * @param {string} key of the session and the request
   * @param {() => Promise<Answered>} run
   * @returns {Promise<Answered>}
   */
  async once(key, run) {
    for (;;) {
      const kept = this.host.answered(key);
      if (kept !== null) return kept;
      const running = this.#running.get(key);
      if (running === undefined) break;
      // Whoever waited for one that failed is the next to try.
      await running.catch(() => {});
    }
    const running = run();
    this.#running.set(key, running);
    try {
      return await running;
    } finally {
      this.#running.delete(key);
    }
  }
}

/** @param {string | null} npmVersion */
function isChunking(npmVersion) {
  if (npmVersion === null) return false;
  const [major = 0, minor = 0] = npmVersion.split(".").map(Number);
  const [firstMajor = 0, firstMinor = 0] = FIRST_CHUNKING_VERSION;
  return major > firstMajor || (major === firstMajor && minor >= firstMinor);
}
