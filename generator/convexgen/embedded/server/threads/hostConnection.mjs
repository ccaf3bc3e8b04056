/**
 * The connection of the network's thread with the host in the thread of
 * functions. It keeps what has been committed, so that it can start that thread
 * again when it is stuck or lost: what was at fault has failed then, the rest
 * goes on.
 */

import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { NO_CALL } from "../calls/activity.mjs";
import { timeOf } from "../clock.mjs";
import { RequestError, StartError, messageOf } from "../errors.mjs";
import { httpFailure } from "../calls/httpAnswers.mjs";
import { writeLog } from "../log.mjs";
import { PendingRequest, failedResult } from "./requests.mjs";
import { Unfinished } from "./unfinished.mjs";
import { Watchdog, notLoaded } from "./watchdog.mjs";

/**
 * @typedef {import("../project/bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("../clock.mjs").ClockState} ClockState
 * @typedef {import("../database/answeredRequests.mjs").AnsweredRequest} AnsweredRequest
 * @typedef {import("../database/commits.mjs").CommitRecord} CommitRecord
 * @typedef {import("../control/control.mjs").ClockRequest} ClockRequest
 * @typedef {import("./functionThread.mjs").FunctionThread} FunctionThread
 * @typedef {import("../calls/conflicts.mjs").Conflict} Conflict
 * @typedef {import("../calls/httpAnswers.mjs").HttpAnswer} HttpAnswer
 * @typedef {import("./messages.mjs").Answer} Answer
 * @typedef {import("./messages.mjs").CallResult} CallResult
 * @typedef {import("./messages.mjs").Notice} Notice
 * @typedef {import("./messages.mjs").RefusedRequest} RefusedRequest
 * @typedef {import("./messages.mjs").Reply} Reply
 * @typedef {import("./messages.mjs").Request} Request
 * @typedef {import("./messages.mjs").Results} Results
 *
 * @typedef {object} CommitKeeper
 * @property {(record: CommitRecord) => void} apply before anybody hears of the commit
 * @property {() => CommitRecord} snapshot
 * @property {(id: string) => Uint8Array<ArrayBuffer> | null} contentOf a file
 * @property {(key: string, now: bigint) => AnsweredRequest | null} answered
 *
 * @typedef {object} ConnectionOptions
 * @property {FunctionThread} thread
 * @property {CommitKeeper} commits
 * @property {import("./watchdog.mjs").CpuLimits} cpuLimits
 * @property {string} functionsDirectory
 * @property {import("../project/deploymentUrls.mjs").DeploymentUrls} urls
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

export class HostConnection {
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
  #unfinished = new Unfinished();
  /** @type {ClockState} */
  #clock = MACHINE_TIME;
  /** That mutations are to meet. @type {Conflict[]} */
  #conflicts = [];
  #urls;
  /** Hears of subscriptions that must run again. @type {(keys: number[]) => void} */
  onTouched = () => {};
  /** Hears that no subscription is followed any more. */
  onStartedAgain = () => {};
  /** Of the last commit or reading that anybody has heard of, in Unix nanoseconds. */
  lastTimestamp = 0n;

  /** @param {ConnectionOptions} options */
  constructor({ thread, commits, cpuLimits, functionsDirectory, urls }) {
    this.#thread = thread;
    this.#commits = commits;
    this.#functionsDirectory = functionsDirectory;
    this.#urls = urls;
    this.#watchdog = new Watchdog({
      limits: cpuLimits,
      activity: () => thread.activity,
      ping: () => this.#post({ type: "ping" }),
      isBusy: () => this.#isLoading || !this.#unfinished.isEmpty,
      isLoading: () => this.#isLoading,
      onStuck: ({ call, limit }) =>
        this.#replace(call, this.#stuckText(call, limit)),
    });
    thread.onLost = (reason) =>
      this.#replace(thread.activity.call, LOSSES[reason]);
  }

  /** @throws {StartError} when the project cannot be served */
  async open() {
    const thread = this.#thread;
    const opened = this.#connect(new Map());
    if (!(thread.isWarm && (await isLate(opened)))) return await opened;
    // A function of the database before keeps it from answering.
    await thread.stop();
    thread.start();
    await this.#connect(new Map());
  }

  /** The thread has another database then. */
  async close() {
    this.#isClosed = true;
    this.#watchdog.stop();
    await this.#replacing;
    this.#thread.onLost = () => {};
    this.#port?.close();
  }

  /** @returns {number} that no other request or call has */
  nextId() {
    lastId = lastId === MAX_ID ? 1 : lastId + 1;
    return lastId;
  }

  /**
   * @template {keyof Results} T
   * @param {import("./messages.mjs").NewRequest<T>} message
   * @param {string | null} [key] of a mutation whose answer is to be kept
   * @returns {Promise<Results[T]>}
   */
  request(message, key = null) {
    const sent = /** @type {Request} */ ({ ...message, id: this.nextId() });
    return new Promise((resolve, reject) => {
      const pending = new PendingRequest(sent, key, resolve, reject);
      this.#unfinished.add(pending);
      this.#send(pending);
    });
  }

  /** @param {Notice} notice of something that a thread that is started again knows from the start */
  notify(notice) {
    if (this.#isOpen) this.#post(notice);
  }

  /**
   * @param {string} key of a mutation
   * @returns {AnsweredRequest | null} what it was answered, null when it was not made, or is not known any more
   */
  answered(key) {
    return this.#commits.answered(key, this.#now);
  }

  /** @param {string} id of a file */
  contentOf(id) {
    return this.#commits.contentOf(id);
  }

  /** The latest that anybody may have seen, in Unix nanoseconds. */
  get latestTimestamp() {
    const now = this.#now;
    return now > this.lastTimestamp ? now : this.lastTimestamp;
  }

  get #now() {
    return BigInt(Math.floor(timeOf(this.#clock))) * 1_000_000n;
  }

  /** @param {bigint} timestamp that a client has seen */
  advance(timestamp) {
    if (timestamp <= this.lastTimestamp) return;
    this.lastTimestamp = timestamp;
    this.notify({ type: "advance", timestamp });
  }

  /**
   * @param {BuiltProject} built that was loaded
   * @throws {StartError} when it cannot be served
   */
  async install(built) {
    while (!(await this.request({ type: "install" })))
      await this.request({ type: "load", built });
    this.#thread.built = built;
  }

  /**
   * @param {ClockRequest} request
   * @returns {Promise<number>} the time of the server, in milliseconds
   */
  async moveClock(request) {
    const { now, state } = await this.request({ type: "clock", request });
    this.#clock = state;
    return now;
  }

  /** @param {Conflict} conflict */
  addConflict(conflict) {
    this.#conflicts.push(conflict);
    this.notify({ type: "conflict", conflict });
  }

  clearConflicts() {
    this.#conflicts = [];
    this.notify({ type: "noConflicts" });
  }

  /**
   * @param {Map<string, string>} jobFailures
   * @returns {Promise<void>} when the thread has opened the database
   */
  #connect(jobFailures) {
    const { port1, port2 } = new MessageChannel();
    // The thread of functions does not ask which requests were answered.
    const snapshot = { ...this.#commits.snapshot(), requests: [] };
    this.#port?.close();
    this.#port = port1.on("message", (reply) => this.#receive(reply));
    this.#thread.open({
      type: "open",
      port: port2,
      initial: snapshot.timestamp === "0" ? null : snapshot,
      jobFailures,
      clock: this.#clock,
      conflicts: this.#conflicts,
      urls: this.#urls,
    });
    /** @type {Promise<void>} */
    const opened = new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    this.#watchdog.watch();
    return opened;
  }

  /** @param {PendingRequest} pending */
  #send(pending) {
    if (!this.#isOpen) return;
    this.#post(pending.toSend);
    this.#watchdog.watch();
  }

  /** @param {Request | Notice} message */
  #post(message) {
    this.#port?.postMessage(message);
  }

  /** @param {bigint} timestamp */
  #heardOf(timestamp) {
    if (timestamp > this.lastTimestamp) this.lastTimestamp = timestamp;
  }

  /** @param {Reply} reply */
  #receive(reply) {
    switch (reply.type) {
      case "commit":
        this.#commits.apply({
          ...reply.record,
          requests: reply.answer === null ? [] : this.#answered(reply.answer),
        });
        this.#heardOf(BigInt(reply.record.timestamp));
        if (reply.touched.length > 0) this.onTouched(reply.touched);
        if (reply.answer !== null) this.#answer(reply.answer);
        break;
      case "answer":
        this.#keepAnswer(reply);
        this.#answer(reply);
        break;
      case "body":
        this.#unfinished.bodies.receive(reply);
        break;
      case "refusal":
        this.#unfinished.take(reply.id)?.refuse(errorOf(reply.refusal));
        break;
      case "log":
        writeLog(reply.text);
        break;
      case "job":
        this.#unfinished.followJob(reply);
        if (reply.path !== null) this.#watchdog.watch();
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
   * Keeps that of a mutation which has written nothing, and so was no commit.
   *
   * @param {Answer} answer
   */
  #keepAnswer(answer) {
    const [request] = this.#answered(answer);
    if (request === undefined) return;
    const [key, timestamp, value, logLines] = request;
    const nothing = { tables: [], documents: [], files: [] };
    this.#commits.apply({
      timestamp,
      ...nothing,
      requests: [[key, timestamp, value, logLines, true]],
    });
  }

  /**
   * @param {Answer} answer
   * @returns {AnsweredRequest[]} what is to be kept of it: failures are not
   */
  #answered({ id, result }) {
    const key = this.#unfinished.request(id)?.key;
    if (!key) return [];
    const { value, failure, logLines, commitTimestamp } =
      /** @type {CallResult} */ (result);
    return failure === null && commitTimestamp !== null
      ? [[key, String(commitTimestamp), value ?? "null", logLines]]
      : [];
  }

  /** @param {Answer} answer */
  #answer({ id, result, timestamp }) {
    this.#heardOf(timestamp);
    const pending = this.#unfinished.take(id);
    pending?.answer(
      pending.message.type === "fetch"
        ? this.#withBody(pending.message, /** @type {HttpAnswer} */ (result))
        : result,
    );
  }

  /**
   * @param {import("./messages.mjs").FetchMessage} request
   * @param {HttpAnswer} answer
   * @returns {import("./httpBodies.mjs").ReceivedAnswer}
   */
  #withBody({ id, method, target }, answer) {
    const { body } = answer;
    if (body !== null) return { ...answer, body };
    return {
      ...answer,
      body: this.#unfinished.bodies.begin(id, `${method} ${target}`, {
        readOn: () => this.notify({ type: "readBody", id }),
        cancel: () => this.notify({ type: "cancelBody", id }),
      }),
    };
  }

  /** @param {bigint} timestamp */
  #begin(timestamp) {
    this.#isOpen = true;
    this.#thread.isWarm = true;
    this.#heardOf(timestamp);
    this.#post({ type: "advance", timestamp: this.lastTimestamp });
    for (const pending of this.#unfinished.requests()) this.#send(pending);
    this.#opening?.resolve();
    this.#opening = null;
  }

  get #isLoading() {
    return this.#opening !== null || this.#unfinished.isLoading;
  }

  /**
   * @param {number} call
   * @param {number} limit milliseconds
   */
  #stuckText(call, limit) {
    return call === NO_CALL && this.#isLoading
      ? notLoaded(limit)
      : `Function execution timed out (maximum duration: ${limit / 1000}s)`;
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
    const { path, jobFailures } = this.#unfinished.end({
      call,
      text,
      lastRequest,
      lastTimestamp: this.lastTimestamp,
      failed: (reason) => failedResult(reason, this.#functionsDirectory),
      httpFailed: httpFailure,
    });
    writeLog(`Functions are started again: ${path ?? "no call"}: ${text}\n`);
    try {
      await this.#connect(jobFailures);
    } catch (error) {
      writeLog(`Functions cannot be started again: ${messageOf(error)}\n`);
      process.exit(1);
    }
    this.onStartedAgain();
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
