/**
 * Scheduled functions: documents of `_scheduled_functions`, run in real time.
 * What is pending follows from the committed documents alone.
 */

import { clearAlarm, now, setAlarm } from "./clock.mjs";
import { canonicalPath, functionPath } from "./functions.mjs";
import { decodeValue } from "./json.mjs";
import { runOutside } from "./outside.mjs";
import { hasPendingTimestamp } from "./values.mjs";

/**
 * @typedef {import("./database.mjs").Database} Database
 * @typedef {import("./database.mjs").DocumentChange} DocumentChange
 * @typedef {import("./json.mjs").JsonValue} JsonValue
 * @typedef {import("./transactions.mjs").TransactionManager} TransactionManager
 * @typedef {import("./values.mjs").ConvexObject} ConvexObject
 * @typedef {import("./values.mjs").ConvexValue} ConvexValue
 *
 * @typedef {object} Job
 * @property {string} name as `module.js:name`
 * @property {ConvexValue[]} args
 * @property {number} scheduledTime
 * @property {string} [component] the path of another component, which the function is of
 *
 * @callback RunJob
 * @param {string} path
 * @param {ConvexValue} args
 * @param {string} componentPath
 * @returns {Promise<string | null>} the error's text
 */

const TABLE = "_scheduled_functions";

const FIVE_YEARS = 5 * 366 * 24 * 3600 * 1000;

export class Scheduler {
  #database;
  #manager;
  #run;
  #hasFunction;
  #componentPath;
  /** @type {Map<string, import("./clock.mjs").Alarm>} */
  #alarms = new Map();

  /**
   * @param {object} options
   * @param {Database} options.database
   * @param {TransactionManager} options.manager
   * @param {(path: string, componentPath: string) => boolean} options.hasFunction
   * @param {RunJob} options.run is called outside of every function's context
   * @param {string} [options.componentPath] of the functions that schedule
   */
  constructor({ database, manager, hasFunction, run, componentPath = "" }) {
    this.#componentPath = componentPath;
    this.#database = database;
    this.#manager = manager;
    this.#hasFunction = hasFunction;
    this.#run = run;
    manager.onCommit((changes) => this.#follow(changes));
  }

  /**
   * @param {{ name?: string, reference?: string, functionHandle?: string, args: JsonValue, ts: number }} request
   *   `ts` in seconds
   * @returns {Job}
   */
  describe({ args, ts, ...address }) {
    const { path, componentPath } = functionAt(address, this.#componentPath);
    const normalized = functionPath(path);
    if (!this.#hasFunction(normalized, componentPath)) {
      throw new Error(
        `Attempted to schedule function at nonexistent path: ${canonicalPath(normalized)}`,
      );
    }
    const scheduledTime = ts * 1000;
    if (!(Math.abs(scheduledTime - now()) <= FIVE_YEARS)) {
      throw new Error(
        `${scheduledTime} is more than 5 years in the future or in the past`,
      );
    }
    const value = decodeValue(args);
    if (hasPendingTimestamp(value)) {
      throw new Error(
        "A scheduled function cannot take a commit timestamp that is not known yet",
      );
    }
    return {
      name: canonicalPath(normalized),
      args: [value],
      scheduledTime,
      ...(componentPath !== this.#componentPath && {
        component: componentPath,
      }),
    };
  }

  /**
   * @param {Job} job
   * @returns {string} the id
   */
  insert(job) {
    return this.#database.insert(TABLE, {
      ...job,
      state: { kind: "pending" },
    });
  }

  /** @param {string} id */
  cancel(id) {
    const job = this.#database.get(TABLE, id);
    if (job === null)
      throw new Error(`There is no scheduled function with the ID ${id}`);
    const kind = stateOf(job);
    if (kind !== "pending" && kind !== "inProgress") return;
    this.#finish(id, { kind: "canceled" });
  }

  /** @param {DocumentChange[]} changes */
  #follow(changes) {
    for (const { tableName, id, after } of changes) {
      if (tableName !== TABLE) continue;
      clearAlarm(this.#alarms.get(id));
      this.#alarms.delete(id);
      if (!this.#database.table(TABLE).documents.has(id)) continue;
      const job = after?.document;
      if (job !== undefined && stateOf(job) === "pending") {
        const time = /** @type {number} */ (job.scheduledTime);
        runOutside(() => this.#arm(id, time));
      }
    }
  }

  /**
   * @param {string} id
   * @param {number} time milliseconds
   */
  #arm(id, time) {
    this.#alarms.set(
      id,
      setAlarm(time, () => this.#fire(id)),
    );
  }

  /** Nothing more starts. */
  close() {
    for (const alarm of this.#alarms.values()) clearAlarm(alarm);
    this.#alarms.clear();
  }

  /** @param {string} id */
  async #fire(id) {
    const job = await this.#manager.runSystem(() => {
      const pending = this.#database.get(TABLE, id);
      if (pending === null || stateOf(pending) !== "pending") return null;
      this.#database.patchDocument(TABLE, id, {
        state: { kind: "inProgress" },
      });
      return pending;
    });
    if (job === null) return;
    const [args = {}] = /** @type {ConvexValue[]} */ (job.args);
    const error = await this.#run(
      functionPath(String(job.name)),
      args,
      String(job.component ?? this.#componentPath),
    );
    await this.#manager.runSystem(() => {
      const finished = this.#database.get(TABLE, id);
      if (finished === null || stateOf(finished) !== "inProgress") return;
      this.#finish(
        id,
        error === null ? { kind: "success" } : { kind: "failed", error },
      );
    });
  }

  /**
   * @param {string} id
   * @param {ConvexObject} state
   */
  #finish(id, state) {
    this.#database.patchDocument(TABLE, id, { state, completedTime: now() });
  }
}

/** @param {ConvexObject} job */
function stateOf(job) {
  return /** @type {{ kind: string }} */ (job.state).kind;
}

/**
 * @param {{ name?: string, reference?: string, functionHandle?: string }} address
 * @param {string} componentPath of the function that names it
 * @returns {{ path: string, componentPath: string }}
 */
function functionAt({ name, reference, functionHandle }, componentPath) {
  if (name !== undefined) return { path: name, componentPath };
  const handle = /^function:\/\/(?<component>[^;]*);(?<path>.+)$/.exec(
    functionHandle ?? "",
  )?.groups;
  if (handle !== undefined)
    return { path: handle.path ?? "", componentPath: handle.component ?? "" };
  const [, kind, child = "", ...parts] = (reference ?? "").split("/");
  const functionName = parts.pop();
  if (kind !== "childComponent" || parts.length === 0)
    throw new Error(`There is no function ${reference ?? functionHandle}`);
  return {
    path: `${parts.join("/")}:${functionName}`,
    componentPath: componentPath === "" ? child : `${componentPath}/${child}`,
  };
}
