/**
 * Convex's WebSocket sync protocol: one session a socket.
 * Source: the backend's `sync_types/src/types`, `sync/src/{worker,state}.rs`.
 */

import { randomUUID } from "node:crypto";
import { clearInterval, setInterval } from "node:timers";
import { MAX_KEPT_REQUESTS } from "../database/commits.mjs";
import { RequestError } from "../errors.mjs";
import { ANONYMOUS } from "../identity/identity.mjs";
import { decodeTimestamp, encodeTimestamp } from "./timestamps.mjs";

/**
 * @typedef {import("ws").WebSocket} WebSocket
 * @typedef {import("../identity/identity.mjs").Authenticator} Authenticator
 * @typedef {import("../identity/identity.mjs").Identity} Identity
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("../threads/messages.mjs").CallResult} CallResult
 * @typedef {import("../calls/metadata.mjs").Client} Client
 * @typedef {import("../threads/remoteHost.mjs").RemoteHost} RemoteHost
 */

/**
 * @typedef {{ type: "Connect", sessionId: string, maxObservedTimestamp?: string }} Connect
 * @typedef {{ type: "Add", queryId: number, udfPath: string, componentPath?: string, args: JsonValue[], journal?: string | null }} AddQuery
 * @typedef {{ type: "Remove", queryId: number }} RemoveQuery
 * @typedef {{ type: "ModifyQuerySet", baseVersion: number, newVersion: number, modifications: (AddQuery | RemoveQuery)[] }} ModifyQuerySet
 * @typedef {{ type: "Mutation" | "Action", requestId: number, udfPath: string, componentPath?: string, args: JsonValue[] }} FunctionRequest
 * @typedef {{ type: "Authenticate", baseVersion: number, tokenType: "Admin" | "User" | "None", value?: string, impersonating?: unknown, acting_as?: unknown }} Authenticate
 * @typedef {Connect | ModifyQuerySet | FunctionRequest | Authenticate | { type: "Event" }} ClientMessage
 *
 * @typedef {{ querySet: number, identity: number, timestamp: bigint }} Version
 */

const PING_INTERVAL = 10_000;

/** Longer transitions go to npm clients in parts. */
const MAX_TRANSITION_LENGTH = 5_000_000;
const FIRST_CHUNKING_VERSION = [1, 28];

/** Close code of the protocol for a client that does not follow it. */
const CLOSE_PROTOCOL_ERROR = 1002;

/** What sessions share: who must hear of a commit, and which mutations were made. */
export class SyncService {
  /** @type {Set<SyncSession>} */
  #sessions = new Set();
  /** By the keys by which the host follows them. @type {Map<number, Subscription>} */
  #subscriptions = new Map();
  #nextKey = 1;
  /** The answers to mutations by session and request, oldest first. @type {Map<string, Promise<string | null>>} */
  #answers = new Map();
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
    for (const request of host.answeredRequests) this.#keepAnswer(request);
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
    const session = new SyncSession(this, socket, canChunk, client);
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

  /** @param {import("../database/commits.mjs").AnsweredRequest} request of a session before this server */
  #keepAnswer([key, timestamp, value, logLines]) {
    const [, requestId] = key.split(" ");
    const result = {
      value,
      failure: null,
      logLines,
      commitTimestamp: BigInt(timestamp),
    };
    const answer = encodeAnswer("MutationResponse", Number(requestId), result);
    this.#answers.set(key, Promise.resolve(answer));
  }

  /**
   * Runs a mutation once, however often a client sends it.
   *
   * @param {string} key of the session and the request
   * @param {() => Promise<string | null>} run gives null for a mutation that failed
   * @returns {Promise<string | null>} the answer, null when the mutation failed
   */
  once(key, run) {
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = run().then((text) => {
      if (text === null) this.#answers.delete(key);
      return text;
    });
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_KEPT_REQUESTS && oldest)
      this.#answers.delete(oldest);
    return answer;
  }
}

/** @param {string | null} npmVersion */
function isChunking(npmVersion) {
  if (npmVersion === null) return false;
  const [major = 0, minor = 0] = npmVersion.split(".").map(Number);
  const [firstMajor = 0, firstMinor = 0] = FIRST_CHUNKING_VERSION;
  return major > firstMajor || (major === firstMajor && minor >= firstMinor);
}

/** One query of a session. */
class Subscription {
  isDirty = true;
  /** What it had read is not known, and it would stop everybody again. */
  isStopped = false;
  /** What the client has. @type {string | null} */
  sent = null;
  /** @type {string | null} */
  journal;
  #onInvalidate;

  /**
   * @param {number} key
   * @param {AddQuery} query
   * @param {() => void} onInvalidate
   */
  constructor(key, query, onInvalidate) {
    this.key = key;
    this.queryId = query.queryId;
    this.path = query.udfPath;
    this.componentPath = query.componentPath ?? "";
    this.args = query.args;
    this.journal = query.journal ?? null;
    this.#onInvalidate = onInvalidate;
  }

  /** What to ask the host for. */
  toCall() {
    const { key, path, componentPath, args, journal } = this;
    return { key, path, componentPath, args, journal };
  }

  /**
   * @param {CallResult} result of its last run
   * @returns {boolean} whether it is another one than the client has
   */
  take(result) {
    this.journal = result.nextJournal;
    this.isStopped = result.isStopped;
    if (this.isStopped) this.isDirty = false;
    const key = resultKey(result);
    if (this.sent === key) return false;
    this.sent = key;
    return true;
  }

  invalidate() {
    this.isDirty = true;
    this.#onInvalidate();
  }
}

class SyncSession {
  #service;
  #socket;
  #canChunk;
  #client;
  /** @type {Identity} */
  #identity = ANONYMOUS;
  /** What the client has been told. @type {Version} */
  #sent = { querySet: 0, identity: 0, timestamp: 0n };
  /** What the client has asked for. */
  #wanted = { querySet: 0, identity: 0 };
  /** @type {Map<number, Subscription>} */
  #queries = new Map();
  /** @type {number[]} */
  #removed = [];
  /** @type {string} */
  #sessionId = randomUUID();
  /** What has been received is handled in its order, though tokens take time. */
  #received = Promise.resolve();
  #mutations = Promise.resolve();
  #isTransitionDue = false;
  #isUpdating = false;
  #isClosed = false;
  #pings;

  /**
   * @param {SyncService} service
   * @param {WebSocket} socket
   * @param {boolean} canChunk
   * @param {Client} client
   */
  constructor(service, socket, canChunk, client) {
    this.#service = service;
    this.#socket = socket;
    this.#canChunk = canChunk;
    this.#client = client;
    this.#pings = setInterval(() => {
      this.#send('{"type":"Ping"}');
      socket.ping();
    }, service.pingInterval);
    socket.on("message", (data) => {
      this.#received = this.#received.then(() => this.#receive(String(data)));
    });
    socket.on("close", () => this.#close());
    socket.on("error", () => this.#close());
  }

  #close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#pings);
    this.#service.unfollow([...this.#queries.values()]);
    this.#queries.clear();
  }

  /** @param {string} text */
  async #receive(text) {
    if (this.#isClosed) return;
    try {
      await this.#handle(JSON.parse(text));
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {ClientMessage} message */
  async #handle(message) {
    switch (message.type) {
      case "Connect":
        this.#sessionId = message.sessionId;
        this.#service.host.advance(
          decodeTimestamp(message.maxObservedTimestamp) ?? 0n,
        );
        return;
      case "Authenticate":
        await this.#authenticate(message);
        return;
      case "ModifyQuerySet":
        this.#modifyQuerySet(message);
        return;
      case "Mutation":
        this.#mutations = this.#mutations.then(() =>
          this.#runMutation(message),
        );
        return;
      case "Action":
        void this.#runAction(message);
        return;
      case "Event":
        return;
      default:
        this.#fail(`Unknown message: ${JSON.stringify(message)}`);
    }
  }

  /**
   * The client does not follow the protocol.
   *
   * @param {string} error
   */
  #fail(error) {
    this.#send(JSON.stringify({ type: "FatalError", error }));
    this.#socket.close(CLOSE_PROTOCOL_ERROR, "Protocol error");
  }

  /** @param {Authenticate} message */
  async #authenticate(message) {
    const { baseVersion } = message;
    if (baseVersion !== this.#wanted.identity) {
      this.#fail(
        `BaseVersionMismatch: expected identity ${this.#wanted.identity}, got ${baseVersion}`,
      );
      return;
    }
    try {
      this.#identity = await this.#identityFor(message);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#send(
        JSON.stringify({
          type: "AuthError",
          error: error.message,
          baseVersion,
          authUpdateAttempted: true,
        }),
      );
      return;
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
   * @param {Authenticate} message
   * @returns {Promise<Identity>}
   */
  async #identityFor(message) {
    const { authenticator } = this.#service;
    switch (message.tokenType) {
      case "Admin":
        return authenticator.admin(
          String(message.value),
          message.impersonating ?? message.acting_as ?? null,
        );
      case "User":
        return await authenticator.user(String(message.value));
      case "None":
        return ANONYMOUS;
    }
  }

  /** @param {ModifyQuerySet} message */
  #modifyQuerySet({ baseVersion, newVersion, modifications }) {
    if (baseVersion !== this.#wanted.querySet) {
      this.#fail(
        `BaseVersionMismatch: expected query set ${this.#wanted.querySet}, got ${baseVersion}`,
      );
      return;
    }
    this.#wanted.querySet = newVersion;
    for (const modification of modifications) {
      const { queryId } = modification;
      const existing = this.#queries.get(queryId);
      if (existing !== undefined) this.#service.unfollow([existing]);
      if (modification.type === "Add") {
        const query = this.#service.follow(modification, () =>
          this.#requestTransition(),
        );
        this.#queries.set(queryId, query);
      } else if (this.#queries.delete(queryId)) {
        this.#removed.push(queryId);
      }
    }
    this.#requestTransition();
  }

  /** @param {FunctionRequest} message */
  async #runMutation(message) {
    const { requestId } = message;
    const key = `${this.#sessionId} ${requestId}`;
    const answer = await this.#service.once(key, async () => {
      const result = await this.#call(message, "mutation", key);
      const answer = encodeAnswer("MutationResponse", requestId, result);
      if (result.failure === null) return answer;
      this.#send(answer);
      return null;
    });
    if (answer !== null) this.#send(answer);
    this.#requestTransition();
  }

  /** @param {FunctionRequest} message */
  async #runAction(message) {
    const result = await this.#call(message, "action");
    this.#send(encodeAnswer("ActionResponse", message.requestId, result));
    this.#requestTransition();
  }

  /**
   * @param {FunctionRequest} message
   * @param {"mutation" | "action"} kind
   * @param {string | null} [requestKey] under which the answer is kept
   */
  #call({ udfPath, componentPath = "", args }, kind, requestKey = null) {
    const identity = this.#identity;
    return this.#service.host.run({
      path: udfPath,
      componentPath,
      kind,
      args,
      identity,
      client: this.#client,
      requestKey,
    });
  }

  #requestTransition() {
    this.#isTransitionDue = true;
    if (!this.#isUpdating) void this.#update();
  }

  async #update() {
    this.#isUpdating = true;
    try {
      while (this.#isTransitionDue && !this.#isClosed) {
        this.#isTransitionDue = false;
        await this.#transition();
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    } finally {
      this.#isUpdating = false;
    }
  }

  /**
   * Brings the client to one new version: one snapshot for all its queries. The host hears of
   * a mutation before anything that shows its effect, so that its answer has left by then.
   */
  async #transition() {
    const { host } = this.#service;
    const wanted = { ...this.#wanted };
    const removed = this.#removed.splice(0);
    const queries = [...this.#queries.values()].filter(
      (query) => query.isDirty,
    );
    for (const query of queries) query.isDirty = false;
    const { timestamp, results } = await host.snapshot(
      queries.map((query) => ({
        ...query.toCall(),
        identity: this.#identity,
        client: this.#client,
      })),
    );
    const modifications = removed.map(
      (queryId) => `{"type":"QueryRemoved","queryId":${queryId}}`,
    );
    /** @type {Subscription[]} */
    const gone = [];
    for (const [position, query] of queries.entries()) {
      const result = results[position];
      if (this.#queries.get(query.queryId) !== query) gone.push(query);
      else if (result !== undefined && query.take(result))
        modifications.push(encodeQueryResult(query, result));
    }
    // They were followed anew.
    this.#service.unfollow(gone);
    this.#sendTransition({ ...wanted, timestamp }, modifications);
  }

  /**
   * @param {Version} version
   * @param {string[]} modifications
   */
  #sendTransition(version, modifications) {
    const text =
      `{"type":"Transition","startVersion":${encodeVersion(this.#sent)},` +
      `"endVersion":${encodeVersion(version)},"modifications":[${modifications.join(",")}]}`;
    this.#sent = version;
    if (!this.#canChunk || text.length <= MAX_TRANSITION_LENGTH) {
      this.#send(text);
      return;
    }
    const transitionId = this.#service.nextTransitionId();
    const totalParts = Math.ceil(text.length / MAX_TRANSITION_LENGTH);
    for (let partNumber = 0; partNumber < totalParts; partNumber++) {
      const start = partNumber * MAX_TRANSITION_LENGTH;
      const chunk = text.slice(start, start + MAX_TRANSITION_LENGTH);
      const type = "TransitionChunk";
      this.#send(
        JSON.stringify({ type, chunk, partNumber, totalParts, transitionId }),
      );
    }
  }

  /** @param {string} text */
  #send(text) {
    if (!this.#isClosed) this.#socket.send(text);
  }
}

/** @param {Version} version */
function encodeVersion({ querySet, identity, timestamp }) {
  return `{"querySet":${querySet},"identity":${identity},"ts":"${encodeTimestamp(timestamp)}"}`;
}

/**
 * The request id of an error does not make it another one.
 *
 * @param {CallResult} result
 */
function resultKey({ value, failure }) {
  if (failure === null) return `value ${value}`;
  return `failure ${failure.data} ${failure.message.replace(/^\[Request ID: \w+\] /, "")}`;
}

/**
 * @param {Subscription} query
 * @param {CallResult} result
 */
function encodeQueryResult({ queryId, journal }, { value, failure, logLines }) {
  const rest = `"logLines":${JSON.stringify(logLines)},"journal":${JSON.stringify(journal)}`;
  if (failure === null) {
    return `{"type":"QueryUpdated","queryId":${queryId},"value":${value},${rest}}`;
  }
  const message = JSON.stringify(failure.message);
  const data = failure.data === null ? "" : `,"errorData":${failure.data}`;
  return `{"type":"QueryFailed","queryId":${queryId},"errorMessage":${message},${rest}${data}}`;
}

/**
 * @param {"MutationResponse" | "ActionResponse"} type
 * @param {number} requestId
 * @param {Pick<CallResult, "value" | "failure" | "logLines" | "commitTimestamp">} result
 */
function encodeAnswer(
  type,
  requestId,
  { value, failure, logLines, commitTimestamp },
) {
  const head = `{"type":"${type}","requestId":${requestId}`;
  const logs = `"logLines":${JSON.stringify(logLines)}`;
  if (failure === null) {
    const ts =
      commitTimestamp === null
        ? ""
        : `,"ts":"${encodeTimestamp(commitTimestamp)}"`;
    return `${head},"success":true,"result":${value}${ts},${logs}}`;
  }
  const data = failure.data === null ? "" : `,"errorData":${failure.data}`;
  return `${head},"success":false,"result":${JSON.stringify(failure.message)},${logs}${data}}`;
}
