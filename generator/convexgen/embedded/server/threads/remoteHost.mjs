/** The host as the network's thread sees it: what it asks of the thread of functions. */

import { HostConnection } from "./hostConnection.mjs";

/**
 * @typedef {import("../project/bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("../control/control.mjs").ClockRequest} ClockRequest
 * @typedef {import("./hostConnection.mjs").ConnectionOptions} ConnectionOptions
 * @typedef {import("../identity/identity.mjs").Identity} Identity
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("./messages.mjs").CallResult} CallResult
 * @typedef {import("./messages.mjs").Client} Client
 * @typedef {import("./messages.mjs").FetchMessage} FetchMessage
 * @typedef {import("./messages.mjs").ResultFormat} ResultFormat
 * @typedef {import("./messages.mjs").SnapshotResult} SnapshotResult
 * @typedef {import("../persistence/storage.mjs").StoredFile} StoredFile
 *
 * @typedef {object} Call
 * @property {string} path
 * @property {string} [componentPath] which administrators may name
 * @property {JsonValue | undefined} args an object, or an array of one
 * @property {Identity} identity
 * @property {Client} client
 * @property {ResultFormat} [format] lossless by default
 *
 * @typedef {Call & { kind: import("../calls/definitions.mjs").FunctionKind | null, requestKey?: string | null }} FunctionCall
 *   `kind` null: whatever it is; `requestKey` of a mutation whose answer is to be kept with what it commits
 * @typedef {Call & { key?: number | null, journal?: string | null }} Query
 *   `key` of the subscription that it is of, null for none
 */

/** So many queries run without anybody else's call in between. */
const MOST_AT_ONCE = 100;

export class RemoteHost {
  #connection;
  /** @type {WeakMap<Identity, string>} */
  #identities = new WeakMap();
  /** @type {(isOtherCode: boolean) => void} */
  #onReplaced = () => {};

  /** File storage, as `FileStorage` has it, but for contents, of which this thread has one copy. */
  files = {
    /**
     * @param {string} token
     * @returns {Promise<true>} rejects when it is none of this server's
     */
    checkUpload: (token) =>
      this.#connection.request({ type: "checkUpload", token }),
    /**
     * @param {string} token
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @param {string | null} contentType
     * @param {string} [sha256]
     * @returns {Promise<string>}
     */
    upload: (token, bytes, contentType, sha256) =>
      this.#connection.request({
        type: "upload",
        token,
        bytes,
        contentType,
        sha256,
      }),
    /**
     * @param {string} fileId
     * @returns {Promise<StoredFile | null>}
     */
    read: (fileId) => this.#connection.request({ type: "readFile", fileId }),
    /**
     * @param {string} fileId
     * @returns {Uint8Array<ArrayBuffer> | null} null when it is there no more
     */
    contentOf: (fileId) => this.#connection.contentOf(fileId),
  };

  /**
   * @param {ConnectionOptions} options
   * @returns {Promise<RemoteHost>}
   * @throws {StartError} when the project cannot be served
   */
  static async open(options) {
    const host = new RemoteHost(options);
    await host.#connection.open();
    return host;
  }

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#connection = new HostConnection(options);
    this.#connection.onStartedAgain = () => this.#onReplaced(false);
  }

  /** The thread has another database then. */
  async close() {
    await this.#connection.close();
  }

  /**
   * @param {string} key of a mutation
   * @returns {Pick<CallResult, "value" | "failure" | "logLines" | "commitTimestamp"> | null}
   *   what came of it, null when it was not made, or is not known any more
   */
  answered(key) {
    const request = this.#connection.answered(key);
    if (request === null) return null;
    const [, timestamp, value, logLines] = request;
    const commitTimestamp = BigInt(timestamp);
    return { value, failure: null, logLines, commitTimestamp };
  }

  /** The latest that anybody may have seen, in Unix nanoseconds. */
  get latestTimestamp() {
    return this.#connection.latestTimestamp;
  }

  /** Of the last commit or reading that anybody has heard of, in Unix nanoseconds. */
  get lastTimestamp() {
    return this.#connection.lastTimestamp;
  }

  /**
   * Commit timestamps go on behind one that a client has seen.
   *
   * @param {bigint} timestamp
   */
  advance(timestamp) {
    this.#connection.advance(timestamp);
  }

  /**
   * @param {(keys: number[]) => void} listener hears of subscriptions that must run again, before
   *   the answer of the mutation that is why
   */
  onTouched(listener) {
    this.#connection.onTouched = listener;
  }

  /** @param {(isOtherCode: boolean) => void} listener hears that queries must run again */
  onReplaced(listener) {
    this.#onReplaced = listener;
  }

  /**
   * @param {FunctionCall} call
   * @returns {Promise<CallResult>}
   */
  run({ kind, requestKey = null, ...call }) {
    const message = this.#messageOf(call);
    return this.#connection.request(
      { type: "run", kind, ...message },
      requestKey,
    );
  }

  /**
   * Runs queries in parts, between which others have their turn, and follows those with a key
   * until they are touched.
   *
   * @param {Query[]} queries
   * @param {object} [options]
   * @param {bigint | null} [options.past] the timestamp of an earlier state
   * @param {boolean} [options.isOneMoment] whether all of them run on the state of the first part
   * @returns {AsyncGenerator<SnapshotResult, void>}
   */
  async *read(queries, { past = null, isOneMoment = true } = {}) {
    let state = past;
    for (let done = 0; done < queries.length;) {
      const part = queries.slice(done, done + MOST_AT_ONCE);
      const read = await this.#snapshotOf(part, state);
      if (isOneMoment) state ??= read.timestamp;
      done += read.results.length;
      yield read;
    }
  }

  /**
   * @param {Query[]} queries
   * @param {bigint | null} past
   * @returns {Promise<SnapshotResult>} of the first of them, where their results are large
   */
  #snapshotOf(queries, past) {
    const messages = queries.map(({ key = null, journal = null, ...call }) => ({
      id: this.#connection.nextId(),
      key,
      journal,
      ...this.#messageOf(call),
    }));
    return this.#connection.request({
      type: "snapshot",
      queries: messages,
      past,
    });
  }

  /** @param {number[]} keys of queries */
  unfollow(keys) {
    if (keys.length > 0) this.#connection.notify({ type: "unfollow", keys });
  }

  /**
   * @param {string} target the path and query of an HTTP action
   * @param {Pick<FetchMessage, "method" | "headers" | "body" | "client">} request
   * @param {Identity} identity
   * @returns {Promise<import("./httpBodies.mjs").ReceivedAnswer>}
   */
  fetch(target, request, identity) {
    return this.#connection.request({
      type: "fetch",
      target,
      ...request,
      identity: this.#jsonOf(identity),
    });
  }

  /** @returns {Promise<string>} JSON */
  functionSpec() {
    return this.#connection.request({ type: "functionSpec" });
  }

  /** @returns {Promise<string>} JSON */
  shapes() {
    return this.#connection.request({ type: "shapes" });
  }

  /**
   * @param {string} module the text of an `auth.config.ts`
   * @returns {Promise<import("../push/authConfig.mjs").ProviderConfig[]>}
   * @throws {StartError} when it does not load, or a push refuses it
   */
  loadAuthConfig(module) {
    return this.#connection.request({ type: "authConfig", module });
  }

  /**
   * @param {BuiltProject} built another version of the project
   * @throws {StartError} when it cannot be served
   */
  async load(built) {
    await this.#connection.request({ type: "load", built });
  }

  /**
   * Goes on with another version of the project.
   *
   * @param {BuiltProject} built that was loaded last
   * @throws {StartError} when documents violate its schema; everything is as before then
   */
  async install(built) {
    await this.#connection.install(built);
    this.#onReplaced(true);
  }

  /**
   * @param {ClockRequest} request
   * @returns {Promise<number>} the time of the server, in milliseconds
   */
  moveClock(request) {
    return this.#connection.moveClock(request);
  }

  /** @param {import("../calls/conflicts.mjs").Conflict} conflict that mutations meet from now on */
  addConflict(conflict) {
    this.#connection.addConflict(conflict);
  }

  clearConflicts() {
    this.#connection.clearConflicts();
  }

  /** @param {Call} call */
  #messageOf({ path, componentPath = "", args, identity, client, format }) {
    return {
      path,
      componentPath,
      client,
      args: JSON.stringify(args ?? null),
      identity: this.#jsonOf(identity),
      format: format ?? "lossless",
    };
  }

  /** @param {Identity} identity */
  #jsonOf(identity) {
    let json = this.#identities.get(identity);
    if (json === undefined) {
      json = JSON.stringify(identity);
      this.#identities.set(identity, json);
    }
    return json;
  }
}
