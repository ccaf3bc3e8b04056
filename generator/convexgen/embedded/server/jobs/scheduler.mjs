/**
 * Scheduled functions: documents of `_scheduled_functions`, run in real time.
 * What is pending follows from the committed documents alone.
 *
 * A mutation ends its job in its own transaction, so that it runs exactly once;
 * an action is marked before it runs, so that it runs at most once.
 */

import { clearAlarm, now, setAlarm } from "../clock.mjs";
import { canonicalPath, functionPath } from "../calls/definitions.mjs";
import { decodeValue } from "../values/json.mjs";
import { executions } from "../calls/executions.mjs";
import { runOutside } from "../calls/outside.mjs";
import { hasPendingTimestamp } from "../values/values.mjs";

/**
 * @typedef {import("../database/database.mjs").Database} Database
 * @typedef {import("../database/database.mjs").DocumentChange} DocumentChange
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../calls/job.mjs").Job} Job
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("../calls/transactions.mjs").TransactionManager} TransactionManager
 * @typedef {import("../values/values.mjs").ConvexObject} ConvexObject
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 *
 * @typedef {object} ScheduledFunction
 * @property {string} name as `module.js:name`
 * @property {ConvexValue[]} args
 * @property {number} scheduledTime
 * @property {string} [component] the path of another component, which the function is of
 *
 * @callback RunJob
 * @param {string} path
 * @param {ConvexValue} args
 * @param {string} componentPath
 * @param {Job} job
 * @returns {Promise<string | null>} the error's text
 *
 * @callback KindOf
 * @param {string} path
 * @param {string} componentPath
 * @returns {FunctionKind | null} null when there is no such function
 */

const TABLE = "_scheduled_functions";

/** The backend's own text. */
const INTERRUPTED = "Transient error while executing action";

const FIVE_YEARS = 5 * 366 * 24 * 3600 * 1000;

export class Scheduler {
  #database;
  #manager;
  #run;
  #kindOf;
  #componentPath;
  /** @type {Map<string, import("../clock.mjs").Alarm>} */
  #alarms = new Map();

  /**
   * @param {object} options
   * @param {Database} options.database
   * @param {TransactionManager} options.manager
   * @param {KindOf} options.kindOf
   * @param {RunJob} options.run is called outside of every function's context
   * @param {string} [options.componentPath] of the functions that schedule
   */
  constructor({ database, manager, kindOf, run, componentPath = "" }) {
    this.#componentPath = componentPath;
    this.#database = database;
    this.#manager = manager;
    this.#kindOf = kindOf;
    this.#run = run;
    manager.onCommit((changes) => this.#follow(changes));
  }

  /**
   * @param {{ name?: string, reference?: string, functionHandle?: string, args: JsonValue, ts: number }} request
   *   `ts` in seconds
   * @returns {ScheduledFunction}
   */
  describe({ args, ts, ...address }) {
    const { path, componentPath } = functionAt(address, this.#componentPath);
    const normalized = functionPath(path);
    if (this.#kindOf(normalized, componentPath) === null) {
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
   * What a canceled one schedules is canceled too.
   * Source: `schedule` in the backend's `model/src/scheduled_jobs/mod.rs`.
   *
   * @param {ScheduledFunction} job
   * @returns {string} the id
   */
  insert(job) {
    const parent = executions.getStore()?.call?.job ?? null;
    const time = now();
    return this.#database.insert(
      TABLE,
      parent?.isCanceled()
        ? {
            ...job,
            scheduledTime: time,
            completedTime: time,
            state: { kind: "canceled" },
          }
        : { ...job, state: { kind: "pending" } },
    );
  }

  /**
   * One that is not there any more is no error.
   * Source: `cancel_job` in the backend's `isolate/src/environment/udf/async_syscall.rs`, and
   * `cancel` of its `model/src/scheduled_jobs/mod.rs`.
   *
   * @param {string} id
   * @throws {Error} for what is no id of a scheduled function
   */
  cancel(id) {
    const table = this.#database.tables.findById("db.cancel_job", id);
    if (table?.name !== TABLE) {
      throw new Error(
        `Invalid scheduled function ID. The ID must be an ID on the '${TABLE}' table.`,
      );
    }
    const kind = this.#stateOfId(id);
    if (kind !== "pending" && kind !== "inProgress") return;
    this.#finish(id, { kind: "canceled" });
  }

  /** @param {DocumentChange[]} changes */
  #follow(changes) {
    for (const { tableName, id, after } of changes) {
      if (tableName !== TABLE) continue;
      clearAlarm(this.#alarms.get(id));
      this.#alarms.delete(id);
      if (!this.#database.tables.get(TABLE).documents.has(id)) continue;
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

  /**
   * Goes on after the functions' thread was lost: an action that was running is
   * not repeated, as it may have done its work outside of the database.
   *
   * @param {Map<string, string>} failures by id: the text of the error of jobs that have failed
   */
  async resume(failures) {
    const { documents } = this.#database.tables.get(TABLE);
    const jobs = [...documents.values()].map(({ document }) => document);
    const failed = jobs.flatMap((job) => {
      const id = String(job._id);
      const error =
        failures.get(id) ??
        (stateOf(job) === "inProgress" ? INTERRUPTED : null);
      return error === null ? [] : [{ id, error }];
    });
    if (failed.length > 0) {
      await this.#manager.runSystem(() => {
        for (const { id, error } of failed) this.#end(id, error);
      });
    }
    for (const job of jobs) {
      const id = String(job._id);
      if (this.#stateOfId(id) === "pending" && !this.#alarms.has(id))
        this.#arm(id, Number(job.scheduledTime));
    }
  }

  /** Nothing more starts. */
  close() {
    for (const alarm of this.#alarms.values()) clearAlarm(alarm);
    this.#alarms.clear();
  }

  /** @param {string} id */
  async #fire(id) {
    const job = this.#database.get(TABLE, id);
    if (job === null) return;
    const [args = {}] = /** @type {ConvexValue[]} */ (job.args);
    const path = functionPath(String(job.name));
    const componentPath = String(job.component ?? this.#componentPath);
    const kind = this.#kindOf(path, componentPath);
    if (kind === "query") {
      const [module, name] = String(job.name).split(":");
      const error =
        `Unsupported function type. "${name}" in module "${module}" is defined as a Query. ` +
        "Only Mutation and Action can be scheduled.";
      await this.#manager.runSystem(() => this.#end(id, error));
      return;
    }
    const isCanceled = () => this.#stateOfId(id) === "canceled";
    if (kind === "mutation") {
      const transaction = {
        begin: () => this.#begin(id),
        end: () => this.#end(id, null),
      };
      const error = await this.#run(path, args, componentPath, {
        id,
        isCanceled,
        transaction,
      });
      if (error !== null)
        await this.#manager.runSystem(() => this.#end(id, error));
      return;
    }
    const isDue = await this.#manager.runSystem(() => this.#begin(id));
    if (!isDue) return;
    const error = await this.#run(path, args, componentPath, {
      id,
      isCanceled,
      transaction: null,
    });
    await this.#manager.runSystem(() => this.#end(id, error));
  }

  /**
   * @param {string} id
   * @returns {boolean} false when there is nothing to do any more
   */
  #begin(id) {
    if (this.#stateOfId(id) !== "pending") return false;
    const state = { kind: "inProgress" };
    this.#database.patchDocument(TABLE, id, { state });
    return true;
  }

  /** @param {string} id */
  #stateOfId(id) {
    const job = this.#database.get(TABLE, id);
    return job === null ? null : stateOf(job);
  }

  /**
   * @param {string} id
   * @param {string | null} error the text
   */
  #end(id, error) {
    const kind = this.#stateOfId(id);
    if (kind !== "pending" && kind !== "inProgress") return;
    this.#finish(
      id,
      error === null ? { kind: "success" } : { kind: "failed", error },
    );
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
export function functionAt({ name, reference, functionHandle }, componentPath) {
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
