/**
 * One socket of the sync protocol, from its first message to its last.
 * Source: the backend's `sync/src/{worker,state}.rs`.
 */

import { clearInterval, setInterval } from "node:timers";
import { RequestError, messageOf } from "../errors.mjs";
import { ANONYMOUS } from "../identity/identity.mjs";
import { writeLog } from "../log.mjs";
import { parseClientMessage } from "./clientMessages.mjs";
import { CollectedResults } from "./collectedResults.mjs";
import {
  PING,
  encodeAnswer,
  encodeQueryRemoved,
  encodeQueryResult,
  encodeTransition,
} from "./serverMessages.mjs";
import {
  SessionEnd,
  authFailure,
  fatal,
  internalError,
  overload,
} from "./sessionEnd.mjs";
import { made, received } from "./heldBytes.mjs";
import { weightOfValues } from "./jsonText.mjs";

/**
 * @typedef {import("ws").WebSocket} WebSocket
 * @typedef {import("../calls/metadata.mjs").Client} Client
 * @typedef {import("../identity/identity.mjs").Identity} Identity
 * @typedef {import("./clientMessages.mjs").AddQuery} AddQuery
 * @typedef {import("./clientMessages.mjs").Authenticate} Authenticate
 * @typedef {import("./clientMessages.mjs").ClientMessage} ClientMessage
 * @typedef {import("./clientMessages.mjs").Connect} Connect
 * @typedef {import("./clientMessages.mjs").Credentials} Credentials
 * @typedef {import("./clientMessages.mjs").FunctionRequest} FunctionRequest
 * @typedef {import("./clientMessages.mjs").ModifyQuerySet} ModifyQuerySet
 * @typedef {import("./clientMessages.mjs").RemoveQuery} RemoveQuery
 * @typedef {import("../threads/messages.mjs").FollowedResult} FollowedResult
 * @typedef {import("./serverMessages.mjs").Answered} Answered
 * @typedef {import("./serverMessages.mjs").Version} Version
 * @typedef {import("./subscription.mjs").Subscription} Subscription
 *
 * @typedef {object} SharedBySessions
 * @property {number} pingInterval milliseconds
 * @property {import("../threads/remoteHost.mjs").RemoteHost} host
 * @property {import("../identity/identity.mjs").Authenticator} authenticator
 * @property {() => string} nextTransitionId
 * @property {(query: AddQuery, onInvalidate: () => void) => Subscription} follow
 * @property {(subscriptions: Subscription[]) => void} unfollow
 * @property {(key: string, run: () => Promise<Answered>) => Promise<Answered>} once
 *   makes a mutation once, however often a client sends it
 */

/** Longer transitions go to npm clients in parts. */
const MAX_TRANSITION_LENGTH = 5_000_000;
/** What waits to be read by a client, but for the last message, however long that is; in bytes. */
const MAX_UNREAD = 64 * 1024 * 1024;
/** Mutations that wait for the one that runs; actions that run. */
const MAX_PENDING = 1_000;

// convex-test replaces the global by an accessor.
const { now } = Date;

export class SyncSession {
  #service;
  #socket;
  #canChunk;
  #client;
  /** Of what has come and waits or is subscribed to. */
  #share = received.open(() => this.#drop());
  /** Of what has been sent and has not left. */
  #unread = made.open(() => this.#dropForWhatWaits());
  /** @type {Identity} */
  #identity = ANONYMOUS;
  /** What the client has been told. @type {Version} */
  #sent = { querySet: 0, identity: 0, timestamp: 0n };
  /** What the client has asked for. */
  #wanted = { querySet: 0, identity: 0 };
  /** @type {Map<number, Subscription>} */
  #queries = new Map();
  /** What the next transition is to begin with. @type {(AddQuery | RemoveQuery)[]} */
  #modifications = [];
  /** Without one, no answer is kept. @type {string | null} */
  #sessionId = null;
  /** What has been received is handled in its order, though tokens take time. */
  #received = Promise.resolve();
  #mutations = Promise.resolve();
  #waitingMutations = 0;
  #runningActions = 0;
  #isTransitionDue = false;
  #isUpdating = false;
  #isClosed = false;
  /** Of the last message, in bytes. */
  #lastLength = 0;
  #pings;

  /**
   * @param {SharedBySessions} service
   * @param {WebSocket} socket
   * @param {object} options
   * @param {boolean} options.canChunk
   * @param {Client} options.client
   */
  constructor(service, socket, { canChunk, client }) {
    this.#service = service;
    this.#socket = socket;
    this.#canChunk = canChunk;
    this.#client = client;
    this.#pings = setInterval(() => {
      this.#send(PING);
      socket.ping();
    }, service.pingInterval);
    socket.on("message", (data, isBinary) => {
      void this.#guard(() => this.#receive(data, isBinary));
    });
    socket.on("close", () => {
      this.#close();
      this.#unread.close();
    });
    socket.on("error", () => this.#close());
  }

  /** What waits is not begun any more. */
  #close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#pings);
    this.#service.unfollow([...this.#queries.values()]);
    this.#queries.clear();
    this.#share.close();
  }

  #drop() {
    this.#close();
    this.#socket.terminate();
  }

  #dropForWhatWaits() {
    writeLog(
      "A WebSocket is closed: too much waits for clients, and the most of it for this one\n",
    );
    this.#drop();
  }

  /**
   * Whatever goes wrong ends this session and nothing else.
   *
   * @param {() => unknown} work
   */
  async #guard(work) {
    if (this.#isClosed) return;
    try {
      await work();
    } catch (error) {
      this.#end(
        error instanceof SessionEnd ? error : internalError(messageOf(error)),
      );
    }
  }

  /** @param {SessionEnd} end */
  #end({ message, notice, code, reason }) {
    if (this.#isClosed) return;
    if (notice !== null) this.#send(JSON.stringify(notice));
    else writeLog(`A WebSocket is closed: ${message}\n`);
    this.#close();
    this.#socket.close(code, reason);
  }

  /**
   * @param {import("ws").RawData} data one buffer, as `ws` gives it by default
   * @param {boolean} isBinary
   */
  #receive(data, isBinary) {
    if (isBinary) throw internalError("Unexpected message type: Binary");
    const text = String(data);
    const weight = /** @type {Buffer} */ (data).length + weightOfValues(text);
    this.#share.add(weight);
    const message = parsed(text);
    this.#received = this.#received.then(async () => {
      await this.#guard(() => this.#handle(message, weight));
      this.#share.add(-weight);
    });
  }

  /**
   * @param {ClientMessage} message
   * @param {number} weight of it in memory, in bytes
   */
  async #handle(message, weight) {
    switch (message.type) {
      case "Connect":
        this.#connect(message);
        break;
      case "Authenticate":
        await this.#authenticate(message);
        break;
      case "ModifyQuerySet":
        this.#modifyQuerySet(message);
        break;
      case "Mutation":
        this.#queueMutation(message, weight);
        break;
      case "Action":
        this.#startAction(message, weight);
    }
  }

  /** @param {Connect} message */
  #connect({ sessionId, maxObservedTimestamp }) {
    this.#sessionId = sessionId;
    if (maxObservedTimestamp === null) return;
    const { host } = this.#service;
    const { latestTimestamp } = host;
    if (maxObservedTimestamp > latestTimestamp) {
      throw internalError(
        `Client has observed a timestamp ${maxObservedTimestamp} ahead of the backend latest known ` +
          `timestamp ${latestTimestamp}`,
      );
    }
    // A database in memory that was started again begins behind it.
    host.advance(maxObservedTimestamp);
  }

  /** @param {Authenticate} message */
  async #authenticate({ baseVersion, credentials }) {
    this.#identity = await this.#identityFor(credentials);
    const { identity } = this.#wanted;
    if (baseVersion !== identity) {
      throw internalError(
        `The identity has the version ${identity}, not ${baseVersion}`,
      );
    }
    this.#wanted.identity += 1;
    this.refreshAll(true);
  }

  /** @param {boolean} withStopped see `Subscription` */
  refreshAll(withStopped) {
    for (const query of this.#queries.values())
      if (withStopped || !query.isStopped) query.isDirty = true;
    this.#requestTransition();
  }

  /**
   * @param {Credentials} credentials
   * @returns {Promise<Identity>} rejects with a SessionEnd
   */
  async #identityFor(credentials) {
    const { authenticator } = this.#service;
    try {
      switch (credentials.tokenType) {
        case "Admin":
          return authenticator.admin(credentials.value, credentials.actingAs);
        case "User":
          return await authenticator.user(credentials.value);
        case "None":
          return ANONYMOUS;
      }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      // `acting_as` is a part of the message for Convex, not of what is verified.
      if (error.code === "BadActingUser") throw invalidMessage(error.message);
      throw authFailure(error.message, this.#sent.identity, true);
    }
  }

  /**
   * @returns {Identity} of what begins now
   * @throws {SessionEnd} when its token has expired
   */
  #currentIdentity() {
    const { expiresAt } = this.#identity;
    if (expiresAt !== null && now() >= expiresAt) {
      throw authFailure(
        "Convex token identity expired",
        this.#sent.identity,
        false,
      );
    }
    return this.#identity;
  }

  /** @param {ModifyQuerySet} message */
  #modifyQuerySet({ baseVersion, newVersion, modifications }) {
    const { querySet } = this.#wanted;
    if (baseVersion !== querySet) {
      throw fatal(
        `Base version ${baseVersion} passed up doesn't match the current version ${querySet}`,
      );
    }
    if (newVersion <= baseVersion)
      throw internalError(`${newVersion} is not behind ${baseVersion}`);
    this.#wanted.querySet = newVersion;
    for (const modification of modifications) {
      this.#modifications.push(modification);
      if (modification.type === "Add") this.#share.add(modification.weight);
    }
    this.#requestTransition();
  }

  /**
   * Who sends it is known when it is received, though it waits for its turn.
   *
   * @param {FunctionRequest} message
   * @param {number} weight of it in memory
   */
  #queueMutation(message, weight) {
    const identity = this.#currentIdentity();
    if (this.#waitingMutations >= MAX_PENDING) {
      throw overload(
        "TooManyConcurrentMutations",
        `Too many concurrent mutations. Only up to ${MAX_PENDING} pending mutations allowed on a ` +
          "single websocket.",
      );
    }
    const { requestId } = message;
    const key =
      this.#sessionId === null ? null : `${this.#sessionId} ${requestId}`;
    this.#waitingMutations += 1;
    this.#share.add(weight);
    this.#mutations = this.#mutations.then(async () => {
      this.#waitingMutations -= 1;
      await this.#guard(async () => {
        const run = () => this.#call(message, weight, identity, key);
        const result = await (key === null
          ? run()
          : this.#service.once(key, run));
        this.#answer(message, result);
      });
      this.#share.add(-weight);
    });
  }

  /**
   * @param {FunctionRequest} message
   * @param {number} weight of it in memory
   */
  #startAction(message, weight) {
    const identity = this.#currentIdentity();
    if (this.#runningActions > MAX_PENDING) {
      throw overload(
        "TooManyInflightActionsForSingleClient",
        `Inflight actions overloaded for a single client, max concurrency: ${MAX_PENDING}`,
      );
    }
    this.#runningActions += 1;
    void this.#guard(async () => {
      const result = await this.#call(message, weight, identity, null);
      this.#runningActions -= 1;
      this.#answer(message, result);
    });
  }

  /**
   * It goes on when the socket has ended.
   *
   * @param {FunctionRequest} message
   * @param {number} weight of it in memory
   * @param {Identity} identity
   * @param {string | null} requestKey under which the answer is kept
   */
  async #call(
    { type, path, componentPath, args },
    weight,
    identity,
    requestKey,
  ) {
    checkComponentPath(componentPath, identity);
    const share = received.openKept(weight);
    if (share === null) {
      throw overload(
        "TooManyConcurrentRequests",
        "Too many concurrent requests, backoff and try again.",
      );
    }
    try {
      return await this.#service.host.run({
        path,
        componentPath: componentPath ?? "",
        kind: type === "Mutation" ? "mutation" : "action",
        args,
        identity,
        client: this.#client,
        requestKey,
      });
    } finally {
      share.close();
    }
  }

  /**
   * @param {FunctionRequest} message
   * @param {Answered} result
   */
  #answer({ type, requestId }, result) {
    this.#send(encodeAnswer(type, requestId, result));
    this.#requestTransition();
  }

  #requestTransition() {
    this.#isTransitionDue = true;
    if (!this.#isUpdating) void this.#update();
  }

  async #update() {
    this.#isUpdating = true;
    await this.#guard(async () => {
      while (this.#isTransitionDue && !this.#isClosed) {
        this.#isTransitionDue = false;
        await this.#transition();
      }
      // In the turn of the last look: what is asked for after it begins anew.
      this.#isUpdating = false;
    });
  }

  /**
   * Brings the client to one new version: one snapshot for all its queries. The host hears of
   * a mutation before anything that shows its effect, so that its answer has left by then.
   */
  async #transition() {
    const identity = this.#currentIdentity();
    const wanted = { ...this.#wanted };
    /** By the ids of queries. @type {Map<number, string>} */
    const modifications = new Map();
    for (const queryId of this.#modify())
      modifications.set(queryId, encodeQueryRemoved(queryId));
    const queries = this.#dirtyBut(new Set());
    for (const query of queries) {
      checkComponentPath(query.componentPath, identity);
      query.isDirty = false;
    }
    /** @type {CollectedResults<Subscription>} */
    const collected = new CollectedResults(() => this.#dropForWhatWaits());
    try {
      const timestamp = await this.#collect(queries, identity, collected);
      if (this.#isClosed) {
        // They were followed anew.
        this.#service.unfollow(queries);
        return;
      }
      for (const [query, result] of collected.results)
        if (query.take(result))
          modifications.set(query.queryId, encodeQueryResult(query, result));
      this.#sendTransition({ ...wanted, timestamp }, modifications);
    } finally {
      collected.close();
    }
  }

  /**
   * @param {Subscription[]} queries
   * @param {Identity} identity
   * @param {CollectedResults<Subscription>} collected gets their results, and those of others that have changed
   * @returns {Promise<bigint>} the timestamp of all of them
   */
  async #collect(queries, identity, collected) {
    const { host } = this.#service;
    let timestamp = host.lastTimestamp;
    /** @type {Set<Subscription>} */
    let last = new Set();
    let done = 0;
    const calls = queries.map((query) => this.#callOf(query, identity));
    for await (const read of host.read(calls, { isOneMoment: false })) {
      const part = queries.slice(done, done + read.results.length);
      done += part.length;
      // One at a time, as they come: all that a client asks for at once may be too much.
      part.forEach((query, n) => this.#weighReads(query, read.results[n]));
      if (this.#isClosed) return timestamp;
      last = new Set(part);
      timestamp = read.timestamp;
      collected.add(part, read.results);
    }
    // What was committed between the look and the last snapshot is shown as of that, also by
    // queries that were not asked for it. They stay dirty, for who follows the past misses things.
    const touched = this.#dirtyBut(last);
    const shown = touched.map((query) => ({
      ...this.#callOf(query, identity),
      key: null,
    }));
    done = 0;
    for await (const { results } of host.read(shown, { past: timestamp })) {
      const part = touched.slice(done, done + results.length);
      done += part.length;
      if (this.#isClosed) break;
      collected.add(part, results);
    }
    return timestamp;
  }

  /**
   * @param {Subscription} query
   * @param {FollowedResult | undefined} result
   */
  #weighReads(query, result) {
    this.#share.add(query.weighReads(result?.weight ?? 0));
  }

  /**
   * @param {Set<Subscription>} others
   * @returns {Subscription[]} those that must run, without these
   */
  #dirtyBut(others) {
    const dirty = [];
    for (const query of this.#queries.values())
      if (query.isDirty && !others.has(query)) dirty.push(query);
    return dirty;
  }

  /**
   * @param {Subscription} query
   * @param {Identity} identity
   */
  #callOf(query, identity) {
    return { ...query.toCall(), identity, client: this.#client };
  }

  /**
   * Changes the set of queries as the client has asked for.
   *
   * @returns {number[]} the ids of those that were removed
   */
  #modify() {
    const removed = [];
    for (const modification of this.#modifications.splice(0)) {
      const { queryId } = modification;
      const existing = this.#queries.get(queryId);
      if (modification.type === "Remove") {
        if (existing === undefined)
          throw internalError(`Nonexistent query id: ${queryId}`);
        this.#service.unfollow([existing]);
        this.#share.add(-existing.weight);
        this.#queries.delete(queryId);
        removed.push(queryId);
      } else {
        if (existing !== undefined)
          throw internalError(`Duplicate query ID: ${queryId}`);
        const query = this.#service.follow(modification, () =>
          this.#requestTransition(),
        );
        this.#queries.set(queryId, query);
      }
    }
    return removed;
  }

  /**
   * @param {Version} version
   * @param {Map<number, string>} modifications
   */
  #sendTransition(version, modifications) {
    const inOrder = [...modifications]
      .sort(([left], [right]) => left - right)
      .map(([, modification]) => modification);
    const text = encodeTransition(this.#sent, version, inOrder);
    this.#sent = version;
    if (!this.#canChunk || text.length <= MAX_TRANSITION_LENGTH) {
      this.#send(text);
      return;
    }
    const transitionId = this.#service.nextTransitionId();
    const totalParts = Math.ceil(text.length / MAX_TRANSITION_LENGTH);
    const parts = [];
    for (let partNumber = 0; partNumber < totalParts; partNumber++) {
      const start = partNumber * MAX_TRANSITION_LENGTH;
      const chunk = text.slice(start, start + MAX_TRANSITION_LENGTH);
      const type = "TransitionChunk";
      parts.push(
        JSON.stringify({ type, chunk, partNumber, totalParts, transitionId }),
      );
    }
    this.#send(...parts);
  }

  /** @param {string[]} parts of one message */
  #send(...parts) {
    if (this.#isClosed) return;
    if (this.#socket.bufferedAmount - this.#lastLength > MAX_UNREAD) {
      writeLog("A WebSocket is closed: its client does not read any more\n");
      this.#drop();
      return;
    }
    this.#lastLength = 0;
    for (const part of parts) {
      const length = Buffer.byteLength(part);
      this.#lastLength += length;
      this.#unread.add(length);
      if (this.#isClosed) return;
      this.#socket.send(part, () => this.#unread.add(-length));
    }
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return parseClientMessage(text);
  } catch (error) {
    throw invalidMessage(
      error instanceof Error ? error.message : String(error),
    );
  }
}

/** @param {string} reason */
function invalidMessage(reason) {
  return fatal(`Received Invalid JSON on websocket: ${reason}`);
}

/**
 * Source: `parse_admin_component_path` in the backend's `sync/src/worker.rs`.
 *
 * @param {string | null} componentPath
 * @param {Identity} identity
 * @throws {SessionEnd}
 */
function checkComponentPath(componentPath, { isAdmin, user }) {
  const isRoot = componentPath === null || componentPath === "";
  // Whoever acts as a user is no administrator there.
  if (isRoot || (isAdmin && user === null)) return;
  throw internalError(
    "Only admin or system users can call functions on non-root components directly",
  );
}
