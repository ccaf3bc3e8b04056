/**
 * The host as the network's thread sees it. It keeps what has been committed, so
 * that it can start the thread of functions again when that is stuck or lost:
 * what was at fault has failed then, the rest goes on.
 */

import { randomBytes } from "node:crypto";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { NO_CALL } from "./activity.mjs";
import {
  CallError,
  RequestError,
  StartError,
  describeFailure,
  messageOf,
} from "./errors.mjs";
import { httpFailure } from "./httpAnswers.mjs";
import { writeLog } from "./log.mjs";
import { PendingRequest } from "./requests.mjs";
import { Watchdog } from "./watchdog.mjs";

/**
 * @typedef {import("./bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("./clock.mjs").ClockState} ClockState
 * @typedef {import("./commits.mjs").CommitRecord} CommitRecord
 * @typedef {import("./control.mjs").ClockRequest} ClockRequest
 * @typedef {import("./functionThread.mjs").FunctionThread} FunctionThread
 * @typedef {import("./identity.mjs").Identity} Identity
 * @typedef {import("./json.mjs").JsonValue} JsonValue
 * @typedef {import("./messages.mjs").CallResult} CallResult
 * @typedef {import("./httpAnswers.mjs").HttpAnswer} HttpAnswer
 * @typedef {import("./messages.mjs").FetchMessage} FetchMessage
 * @typedef {import("./messages.mjs").JobMessage} JobMessage
 * @typedef {import("./messages.mjs").Notice} Notice
 * @typedef {import("./messages.mjs").RefusedRequest} RefusedRequest
 * @typedef {import("./messages.mjs").Reply} Reply
 * @typedef {import("./messages.mjs").Request} Request
 * @typedef {import("./messages.mjs").ResultFormat} ResultFormat
 * @typedef {import("./messages.mjs").Results} Results
 * @typedef {import("./messages.mjs").SnapshotResult} SnapshotResult
 * @typedef {import("./requests.mjs").Lost} Lost
 * @typedef {import("./storage.mjs").StoredFile} StoredFile
 */

/**
 * @typedef {object} Call
 * @property {string} path
 * @property {string} [componentPath] which administrators may name
 * @property {JsonValue | undefined} args an object, or an array of one
 * @property {Identity} identity
 * @property {ResultFormat} [format] lossless by default
 *
 * @typedef {Call & { kind: import("./executions.mjs").FunctionKind | null, requestKey?: string | null }} FunctionCall
 *   `kind` null: whatever it is; `requestKey` of a mutation whose answer is to be kept with what it commits
 * @typedef {Call & { key?: number | null, journal?: string | null }} Query
 *   `key` of the subscription that it is of, null for none
 *
 * @typedef {object} CommitKeeper
 * @property {(record: CommitRecord) => void} apply before anybody hears of the commit
 * @property {() => CommitRecord} snapshot
 *
 * @typedef {object} RemoteHostOptions
 * @property {FunctionThread} thread
 * @property {CommitKeeper} commits
 * @property {import("./watchdog.mjs").CpuLimits} cpuLimits
 * @property {string} functionsDirectory
 */

/** An open thread that does not answer for so long is started again. */
const OPENING_PATIENCE = 1_000;
const MAX_ID = 2 ** 31 - 1;
const LOSSES = {
  memory: "JavaScript execution ran out of memory",
  exit: "The function ended the thread that all functions run in",
};
const MACHINE_TIME = { offset: 0, standing: null };

/** Of requests and calls of every host, as those before may still run. */
let lastId = 0;

export class RemoteHost {
  #thread;
  #commits;
  #functionsDirectory;
  #watchdog;
  /** @type {import("node:worker_threads").MessagePort | null} */
  #port = null;
  #isOpen = false;
  #isClosed = false;
  /** @type {Promise<void>} */
  #replacing = Promise.resolve();
  /** Of who waits for the database. @type {{ resolve: () => void, reject: (error: Error) => void } | null} */
  #opening = null;
  /** @type {Map<number, PendingRequest>} */
  #pending = new Map();
  /** Scheduled functions and cron jobs that run, by their calls. @type {Map<number, { path: string, jobId: string | null }>} */
  #jobs = new Map();
  /** @type {ClockState} */
  #clock = MACHINE_TIME;
  #origin = "";
  /** @type {WeakMap<Identity, string>} */
  #identities = new WeakMap();
  /** @type {(keys: number[]) => void} */
  #onTouched = () => {};
  /** @type {(isOtherCode: boolean) => void} */
  #onReplaced = () => {};
  /** Of the time before the database was opened. @type {import("./commits.mjs").AnsweredRequest[]} */
  answeredRequests = [];
  /** Of the last commit or reading that anybody has heard of, in Unix nanoseconds. */
  lastTimestamp = 0n;

  /** File storage, as `FileStorage` has it. */
  files = {
    /**
     * @param {string} token
     * @param {Uint8Array<ArrayBuffer>} bytes
     * @param {string | null} contentType
     * @param {string} [sha256]
     * @returns {Promise<string>}
     */
    upload: (token, bytes, contentType, sha256) =>
      this.#request({ type: "upload", token, bytes, contentType, sha256 }),
    /**
     * @param {string} fileId
     * @returns {Promise<StoredFile | null>}
     */
    read: (fileId) => this.#request({ type: "readFile", fileId }),
  };

  /**
   * @param {RemoteHostOptions} options
   * @returns {Promise<RemoteHost>}
   * @throws {StartError} when the project cannot be served
   */
  static async open(options) {
    const { thread } = options;
    const host = new RemoteHost(options);
    const opened = host.#connect(new Map());
    if (!(thread.isWarm && (await isLate(opened)))) {
      await opened;
      return host;
    }
    // A function of the database before keeps it from answering.
    await thread.stop();
    thread.start();
    await host.#connect(new Map());
    return host;
  }

  /** @param {RemoteHostOptions} options */
  constructor({ thread, commits, cpuLimits, functionsDirectory }) {
    this.#thread = thread;
    this.#commits = commits;
    this.#functionsDirectory = functionsDirectory;
    this.#watchdog = new Watchdog({
      limits: cpuLimits,
      activity: () => thread.activity,
      ping: () => this.#post({ type: "ping" }),
      isBusy: () =>
        this.#opening !== null || this.#pending.size > 0 || this.#jobs.size > 0,
      onStuck: ({ call, limit }) =>
        this.#replace(call, this.#stuckText(call, limit / 1000)),
    });
    thread.onLost = (reason) =>
      this.#replace(thread.activity.call, LOSSES[reason]);
  }

  /**
   * @param {Map<string, string>} jobFailures
   * @returns {Promise<void>} when the thread has opened the database
   */
  #connect(jobFailures) {
    const { port1, port2 } = new MessageChannel();
    const { requests, ...snapshot } = this.#commits.snapshot();
    this.answeredRequests = requests;
    this.#port?.close();
    this.#port = port1.on("message", (reply) => this.#receive(reply));
    this.#thread.open({
      type: "open",
      port: port2,
      initial:
        snapshot.timestamp === "0" ? null : { ...snapshot, requests: [] },
      jobFailures,
      clock: this.#clock,
      origin: this.#origin,
    });
    /** @type {Promise<void>} */
    const opened = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    this.#watchdog.watch();
    return opened;
  }

  /** The thread has another database then. */
  async close() {
    this.#isClosed = true;
    this.#watchdog.stop();
    await this.#replacing;
    this.#thread.onLost = () => {};
    this.#port?.close();
  }

  /** @param {string} url of the server, for URLs of files */
  setOrigin(url) {
    this.#origin = url;
    this.#notify({ type: "origin", url });
  }

  /**
   * Commit timestamps go on behind one that a client has seen.
   *
   * @param {bigint} timestamp
   */
  advance(timestamp) {
    if (timestamp <= this.lastTimestamp) return;
    this.lastTimestamp = timestamp;
    this.#notify({ type: "advance", timestamp });
  }

  /** @param {(keys: number[]) => void} listener hears of subscriptions that must run again, before the answer of the mutation that is why */
  onTouched(listener) {
    this.#onTouched = listener;
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
    return this.#request(
      { type: "run", kind, ...this.#callOf(call) },
      requestKey,
    );
  }

  /**
   * Runs queries on one state of the database, and follows those with a key until they are touched.
   *
   * @param {Query[]} queries
   * @param {bigint | null} [past] the timestamp of an earlier state
   * @returns {Promise<SnapshotResult>}
   */
  async snapshot(queries, past = null) {
    const messages = queries.map(({ key = null, journal = null, ...call }) => ({
      id: nextId(),
      key,
      journal,
      ...this.#callOf(call),
    }));
    const result = await this.#request({
      type: "snapshot",
      queries: messages,
      past,
    });
    const timestamp = this.#heardOf(result.timestamp);
    return { ...result, timestamp };
  }

  /** @param {number[]} keys of queries */
  unfollow(keys) {
    if (keys.length > 0) this.#notify({ type: "unfollow", keys });
  }

  /**
   * @param {string} target the path and query of an HTTP action
   * @param {Pick<FetchMessage, "method" | "headers" | "body">} request
   * @param {Identity} identity
   * @returns {Promise<HttpAnswer>}
   */
  fetch(target, request, identity) {
    const json = this.#identityJson(identity);
    return this.#request({ type: "fetch", target, ...request, identity: json });
  }

  /** @returns {Promise<string>} JSON */
  functionSpec() {
    return this.#request({ type: "functionSpec" });
  }

  /**
   * Goes on with another version of the project.
   *
   * @param {BuiltProject} built
   * @throws {StartError} when it cannot be served; everything is as before then
   */
  async reload(built) {
    await this.#request({ type: "reload", built });
    this.#thread.built = built;
    this.#onReplaced(true);
  }

  /**
   * @param {ClockRequest} request
   * @returns {Promise<number>} the time of the server, in milliseconds
   */
  async moveClock(request) {
    const { now, state } = await this.#request({ type: "clock", request });
    this.#clock = state;
    return now;
  }

  /** @param {Call} call */
  #callOf({ path, componentPath = "", args, identity, format = "lossless" }) {
    return {
      path,
      componentPath,
      args: JSON.stringify(args ?? null),
      identity: this.#identityJson(identity),
      format,
    };
  }

  /** @param {Identity} identity */
  #identityJson(identity) {
    let json = this.#identities.get(identity);
    if (json === undefined) {
      json = JSON.stringify(identity);
      this.#identities.set(identity, json);
    }
    return json;
  }

  /**
   * @template {keyof Results} T
   * @param {import("./messages.mjs").NewRequest<T>} message
   * @param {string | null} [key] of a mutation whose answer is to be kept
   * @returns {Promise<Results[T]>}
   */
  #request(message, key = null) {
    const sent = /** @type {Request} */ ({
      ...message,
      id: nextId(),
    });
    return new Promise((resolve, reject) => {
      const pending = new PendingRequest(sent, key, resolve, reject);
      this.#pending.set(sent.id, pending);
      this.#send(pending);
    });
  }

  /** @param {PendingRequest} pending */
  #send(pending) {
    if (!this.#isOpen) return;
    this.#post(pending.toSend);
    this.#watchdog.watch();
  }

  /**
   * @param {Notice} notice of something that a thread that is opened later knows from the start
   */
  #notify(notice) {
    if (this.#isOpen) this.#post(notice);
  }

  /** @param {Request | Notice} message */
  #post(message) {
    this.#port?.postMessage(message);
  }

  /** @param {bigint} timestamp */
  #heardOf(timestamp) {
    if (timestamp > this.lastTimestamp) this.lastTimestamp = timestamp;
    return this.lastTimestamp;
  }

  /** @param {Reply} reply */
  #receive(reply) {
    switch (reply.type) {
      case "commit":
        this.#commits.apply(this.#withAnswer(reply));
        this.#heardOf(BigInt(reply.record.timestamp));
        if (reply.touched.length > 0) this.#onTouched(reply.touched);
        if (reply.answer !== null) this.#receive(reply.answer);
        break;
      case "answer":
        this.#take(reply.id)?.answer(reply.result);
        break;
      case "refusal":
        this.#take(reply.id)?.refuse(errorOf(reply.refusal));
        break;
      case "log":
        writeLog(reply.text);
        break;
      case "job":
        this.#followJob(reply);
        break;
      case "pong":
        this.#watchdog.pong();
        break;
      case "opened":
        this.#begin(reply.timestamp);
        break;
      case "failed":
        this.#opening?.reject(
          reply.isExpected
            ? new StartError(reply.message)
            : new Error(reply.message),
        );
    }
  }

  /**
   * @param {import("./messages.mjs").CommitMessage} commit
   * @returns {CommitRecord} with the answer, when it is to be kept
   */
  #withAnswer({ record, answer }) {
    const key = answer === null ? null : this.#pending.get(answer.id)?.key;
    if (answer === null || !key) return record;
    const { value, logLines } = /** @type {CallResult} */ (answer.result);
    const { timestamp } = record;
    return {
      ...record,
      requests: [[key, timestamp, value ?? "null", logLines]],
    };
  }

  /** @param {number} id */
  #take(id) {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  /** @param {JobMessage} message */
  #followJob({ id, path, jobId }) {
    if (path === null) {
      this.#jobs.delete(id);
    } else {
      this.#jobs.set(id, { path, jobId });
      this.#watchdog.watch();
    }
  }

  /** @param {bigint} timestamp */
  #begin(timestamp) {
    this.#isOpen = true;
    this.#thread.isWarm = true;
    if (this.#heardOf(timestamp) > timestamp)
      this.#post({ type: "advance", timestamp: this.lastTimestamp });
    this.#post({ type: "origin", url: this.#origin });
    for (const pending of this.#pending.values()) this.#send(pending);
    this.#opening?.resolve();
    this.#opening = null;
  }

  /**
   * @param {number} call
   * @param {number} seconds
   */
  #stuckText(call, seconds) {
    const isLoading =
      this.#opening !== null ||
      [...this.#pending.values()].some(
        ({ message }) => message.type === "reload",
      );
    return call === NO_CALL && isLoading
      ? `The functions are not loaded after ${seconds}s: does a module loop while it is imported?`
      : `Function execution timed out (maximum duration: ${seconds}s)`;
  }

  /**
   * Starts the thread again.
   *
   * @param {number} call that is at fault
   * @param {string} text why
   */
  #replace(call, text) {
    if (this.#opening !== null) this.#opening.reject(new StartError(text));
    else if (this.#isOpen) this.#replacing = this.#startAgain(call, text);
  }

  /**
   * @param {number} call
   * @param {string} text
   */
  async #startAgain(call, text) {
    const thread = this.#thread;
    this.#isOpen = false;
    this.#watchdog.stop();
    await thread.stop();
    const { lastRequest } = thread.activity;
    thread.start();
    if (this.#isClosed) return;
    this.#receiveRest();
    const jobFailures = this.#endCalls({
      call,
      text,
      lastRequest,
      failed: (reason) => this.#failed(reason),
      httpFailed: httpFailure,
    });
    try {
      await this.#connect(jobFailures);
    } catch (error) {
      writeLog(`Functions cannot be started again: ${messageOf(error)}\n`);
      process.exit(1);
    }
    this.#onReplaced(false);
  }

  /** What the thread had sent before it ended still counts. */
  #receiveRest() {
    const port = this.#port;
    if (port === null) return;
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) return;
      this.#receive(received.message);
    }
  }

  /**
   * @param {Lost} lost
   * @returns {Map<string, string>} by id: why jobs have failed
   */
  #endCalls(lost) {
    const { call, text } = lost;
    const job = this.#jobs.get(call);
    let path = job?.path ?? null;
    for (const [id, pending] of this.#pending) {
      path ??= pending.pathOf(call);
      if (!pending.survives(lost)) this.#pending.delete(id);
    }
    this.#jobs.clear();
    writeLog(`Functions are started again: ${path ?? "no call"}: ${text}\n`);
    return new Map(job?.jobId ? [[job.jobId, text]] : []);
  }

  /**
   * @param {string} text
   * @returns {CallResult}
   */
  #failed(text) {
    const requestId = randomBytes(8).toString("hex");
    const directory = this.#functionsDirectory;
    return {
      value: null,
      failure: describeFailure(new CallError(text), directory, requestId),
      logLines: [],
      commitTimestamp: null,
      nextJournal: null,
      isStopped: true,
    };
  }
}

/** @returns {number} */
function nextId() {
  lastId = lastId === MAX_ID ? 1 : lastId + 1;
  return lastId;
}

/**
 * @param {RefusedRequest} refusal
 * @returns {Error}
 */
function errorOf({ status, code, message, isStartError }) {
  return isStartError
    ? new StartError(message)
    : new RequestError(status, code, message);
}

/**
 * @param {Promise<void>} opened
 * @returns {Promise<boolean>}
 */
function isLate(opened) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(true), OPENING_PATIENCE);
    opened.then(
      () => {
        clearTimeout(timer);
        resolve(false);
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
