/** Answers the network's thread on behalf of a host, in the thread of functions. */

import { loadAuthConfig } from "../project/authConfig.mjs";
import { loadBundle } from "../project/bundle.mjs";
import { advance, clockState, followMachine, moveTo, now } from "../clock.mjs";
import { RequestError, StartError, messageOf } from "../errors.mjs";
import { callsOfTransactions } from "../calls/executions.mjs";
import { restoreBuiltins } from "../isolate/builtins.mjs";
import { encodeCleanValue, encodeValue } from "../values/json.mjs";
import { Subscriptions } from "../database/subscriptions.mjs";

/**
 * @typedef {import("../calls/activity.mjs").Activity} Activity
 * @typedef {import("../project/bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("../project/bundle.mjs").Bundle} Bundle
 * @typedef {import("../control/control.mjs").ClockRequest} ClockRequest
 * @typedef {import("../calls/executions.mjs").Call} Call
 * @typedef {import("../functions/host.mjs").CallOutcome} CallOutcome
 * @typedef {import("../functions/host.mjs").Commit} Commit
 * @typedef {import("../functions/host.mjs").Host} Host
 * @typedef {import("../identity/identity.mjs").Identity} Identity
 * @typedef {import("../database/commits.mjs").CommitRecord} CommitRecord
 * @typedef {import("./messages.mjs").Answer} Answer
 * @typedef {import("./messages.mjs").CallResult} CallResult
 * @typedef {import("./messages.mjs").FetchMessage} FetchMessage
 * @typedef {import("./messages.mjs").FunctionCall} FunctionCall
 * @typedef {import("./messages.mjs").Notice} Notice
 * @typedef {import("./messages.mjs").QueryOfSnapshot} QueryOfSnapshot
 * @typedef {import("./messages.mjs").Reply} Reply
 * @typedef {import("./messages.mjs").Request} Request
 * @typedef {import("./messages.mjs").Results} Results
 * @typedef {import("./messages.mjs").RunMessage} RunMessage
 * @typedef {import("./messages.mjs").SnapshotMessage} SnapshotMessage
 * @typedef {import("../database/turns.mjs").Turn} Turn
 *
 * @typedef {object} ComingBody
 * @property {() => void} cancel
 * @property {() => void} goOn another part is wanted
 */

const ENCODERS = { lossless: encodeValue, clean: encodeCleanValue };
const MAX_REMEMBERED_IDENTITIES = 1_000;
/** Results of one turn, in characters: behind them, others have theirs. */
const MAX_RESULTS = 16 * 1024 * 1024;
/** The time of one turn, in milliseconds, but for the query that goes on then. */
const MAX_TURN = 500;

// Functions see another clock.
const clock = performance.now.bind(performance);

export class HostService {
  #host;
  #port;
  #activity;
  #onReload;
  #subscriptions = new Subscriptions();
  /** Bodies of HTTP actions that come in parts, by their calls. @type {Map<number, ComingBody>} */
  #bodies = new Map();
  /**
   * What is to be served. Node.js never lets go of modules, so they are loaded once.
   *
   * @type {{ built: BuiltProject, bundle: Bundle, install: () => Promise<void> } | null}
   */
  #loaded = null;
  /** By their JSON: the same object for the same one. @type {Map<string, Identity>} */
  #identities = new Map();

  /**
   * @param {object} options
   * @param {Host} options.host
   * @param {import("node:worker_threads").MessagePort} options.port
   * @param {Activity} options.activity
   * @param {(built: BuiltProject, bundle: Bundle) => void} options.onReload is told what is served now
   */
  constructor({ host, port, activity, onReload }) {
    this.#host = host;
    this.#port = port;
    this.#activity = activity;
    this.#onReload = onReload;
    host.onRecord((record, commit) => this.#sendCommit(record, commit));
    port.on("message", (message) => this.#receive(message));
    this.#post({ type: "opened", timestamp: host.manager.lastTimestamp });
  }

  /** @param {Reply} reply */
  #post(reply) {
    this.#port.postMessage(reply);
  }

  /** @param {string} text */
  log(text) {
    this.#post({ type: "log", text });
  }

  /** @type {import("../functions/host.mjs").JobListener} */
  reportJob(id, path, jobId) {
    this.#post({ type: "job", id, path, jobId });
  }

  close() {
    this.#port.close();
    this.#host.close();
  }

  /** @param {Request | Notice} message */
  #receive(message) {
    restoreBuiltins();
    switch (message.type) {
      case "ping":
        this.#post({ type: "pong" });
        break;
      case "advance":
        this.#host.manager.advance(message.timestamp);
        break;
      case "conflict":
        this.#host.manager.conflicts.add(message.conflict);
        break;
      case "noConflicts":
        this.#host.manager.conflicts.clear();
        break;
      case "readBody":
        this.#bodies.get(message.id)?.goOn();
        break;
      case "cancelBody": {
        const body = this.#bodies.get(message.id);
        body?.cancel();
        body?.goOn();
        break;
      }
      case "unfollow":
        for (const key of message.keys) this.#subscriptions.unfollow(key);
        break;
      default:
        this.#activity.lastRequest = message.id;
        void this.#answer(message);
    }
  }

  /** @param {Request} request */
  async #answer(request) {
    const { id } = request;
    try {
      const result = await this.#resultOf(request);
      if (result === undefined) return;
      const timestamp = this.#host.manager.lastTimestamp;
      this.#post({ type: "answer", id, result, timestamp });
    } catch (error) {
      const refusal =
        error instanceof RequestError
          ? error
          : new RequestError(500, "InternalServerError", messageOf(error));
      const { status, code, message } = refusal;
      const isStartError = error instanceof StartError;
      this.#post({
        type: "refusal",
        id,
        refusal: { status, code, message, isStartError },
      });
    }
  }

  /**
   * @param {Request} request
   * @returns {Promise<Answer["result"] | undefined> | Answer["result"]}
   *   undefined when the answer has left
   */
  #resultOf(request) {
    const { files, manager } = this.#host;
    switch (request.type) {
      case "run":
        return this.#run(request);
      case "snapshot":
        return this.#readSnapshot(request);
      case "fetch":
        return this.#fetch(request);
      case "checkUpload":
        files.checkUpload(request.token);
        return true;
      case "upload": {
        const { token, bytes, contentType, sha256 } = request;
        return files.upload(token, bytes, contentType, sha256);
      }
      case "readFile":
        return files.read(request.fileId);
      case "functionSpec":
        return JSON.stringify(this.#host.functionSpec());
      case "shapes":
        // Behind a mutation that runs, and may be undone.
        return manager.runSystem(() => JSON.stringify(this.#host.shapes()));
      case "load":
        return this.#load(request.built);
      case "install":
        return this.#install();
      case "authConfig":
        return loadAuthConfig(request.module);
      case "clock":
        return setClock(request.request);
    }
  }

  /**
   * @param {BuiltProject} built
   * @returns {Promise<true>}
   */
  async #load(built) {
    this.#loaded = null;
    const bundle = await loadBundle(built);
    const install = this.#host.prepare(bundle);
    this.#loaded = { built, bundle, install };
    return true;
  }

  /** @returns {Promise<boolean>} */
  async #install() {
    if (this.#loaded === null) return false;
    const { built, bundle, install } = this.#loaded;
    await install();
    this.#loaded = null;
    this.#onReload(built, bundle);
    return true;
  }

  /** @param {RunMessage} request */
  async #run(request) {
    const { id, kind, format } = request;
    const outcome = await this.#host.run({
      ...this.#callOf(request),
      id,
      kind,
      encode: ENCODERS[format],
    });
    return outcome.call?.isAnswered ? undefined : resultOf(outcome);
  }

  /** @param {FunctionCall} call */
  #callOf({ path, componentPath, args, identity, client }) {
    return {
      path,
      componentPath,
      client,
      args: JSON.parse(args),
      identity: this.#identity(identity),
    };
  }

  /**
   * @param {string} json
   * @returns {Identity}
   */
  #identity(json) {
    let identity = this.#identities.get(json);
    if (identity === undefined) {
      if (this.#identities.size >= MAX_REMEMBERED_IDENTITIES)
        this.#identities.clear();
      identity = /** @type {Identity} */ (JSON.parse(json));
      this.#identities.set(json, identity);
    }
    return identity;
  }

  /** @param {SnapshotMessage} request */
  async #readSnapshot({ queries, past }) {
    const { manager } = this.#host;
    const turn = await manager.takeTurn();
    let restore = () => {};
    try {
      if (past !== null) restore = this.#host.rewind(past, turn);
      const timestamp = manager.lastTimestamp;
      const results = [];
      const end = clock() + MAX_TURN;
      let length = 0;
      for (const query of queries) {
        const result = await this.#read(query, turn);
        results.push(result);
        length += result.value?.length ?? 0;
        if (length >= MAX_RESULTS || clock() >= end) break;
      }
      return { timestamp, results };
    } finally {
      restore();
      turn.release();
    }
  }

  /**
   * @param {QueryOfSnapshot} query
   * @param {Turn} turn
   */
  async #read(query, turn) {
    const { id, key, journal, format } = query;
    const outcome = await this.#host.run({
      ...this.#callOf(query),
      id,
      kind: "query",
      encode: ENCODERS[format],
      journal,
      turn,
    });
    const reads = outcome.call?.transaction?.reads ?? [];
    const weight = key === null ? 0 : this.#subscriptions.follow(key, reads);
    return { ...resultOf(outcome), weight };
  }

  /**
   * @param {FetchMessage} request
   * @returns {Promise<undefined>}
   */
  async #fetch({ id, target, method, headers, body, identity, client }) {
    const init = { method, headers, ...(body && { body }) };
    const user = this.#identity(identity);
    await this.#host.fetch({ id, target, init, client }, user, {
      answer: (result, cancel) => {
        if (result.body === null)
          this.#bodies.set(id, { cancel, goOn: () => {} });
        const timestamp = this.#host.manager.lastTimestamp;
        this.#post({ type: "answer", id, result, timestamp });
      },
      part: (bytes) => {
        // A copy, since a part may be a small piece of a large buffer.
        const part = new Uint8Array(bytes);
        this.#post({ type: "body", id, part, isBroken: false });
        return new Promise((resolve) => {
          const body = this.#bodies.get(id);
          if (body) body.goOn = resolve;
          else resolve();
        });
      },
      end: (isBroken) => {
        this.#bodies.get(id)?.goOn();
        this.#bodies.delete(id);
        this.#post({ type: "body", id, part: null, isBroken });
      },
    });
  }

  /**
   * A mutation is answered with its commit, so that both are known or neither.
   *
   * @param {CommitRecord} record
   * @param {Commit} commit
   */
  #sendCommit(record, { changes, timestamp, transaction }) {
    const touched = this.#subscriptions.takeTouched(changes);
    const call = callsOfTransactions.get(transaction);
    const isOfRequest = call !== undefined && call.id > 0;
    this.#post({
      type: "commit",
      record,
      touched,
      answer: isOfRequest
        ? {
            type: "answer",
            id: call.id,
            result: committed(call, timestamp),
            timestamp,
          }
        : null,
    });
    if (isOfRequest) call.isAnswered = true;
  }
}

/**
 * @param {CallOutcome} outcome
 * @returns {CallResult}
 */
function resultOf({ value, failure, logLines, call }) {
  return {
    value,
    failure,
    logLines,
    commitTimestamp: call?.transaction?.commitTimestamp ?? null,
    nextJournal: call?.nextJournal ?? null,
    isStopped: false,
  };
}

/**
 * @param {Call} call
 * @param {bigint} timestamp
 * @returns {CallResult}
 */
function committed(call, timestamp) {
  return {
    value: call.committedResult(timestamp),
    failure: null,
    logLines: call.logLines,
    commitTimestamp: timestamp,
    nextJournal: null,
    isStopped: false,
  };
}

/**
 * @param {ClockRequest} request
 * @returns {Promise<Results["clock"]>}
 */
async function setClock(request) {
  switch (request.method) {
    case "clock.now":
      break;
    case "clock.follow":
      followMachine();
      break;
    case "clock.set":
      await moveTo(request.time, request.isRunning);
      break;
    case "clock.advance":
      await advance(request.milliseconds);
      break;
  }
  return { now: now(), state: clockState() };
}
