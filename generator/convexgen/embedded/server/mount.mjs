/**
 * The functions and the database of the project itself, or of one of its
 * components.
 */

import { readCrons } from "./crons.mjs";
import { Database } from "./database.mjs";
import { StartError } from "./errors.mjs";
import { FunctionRunner, analyzeModule } from "./functions.mjs";
import { Scheduler } from "./scheduler.mjs";
import { databaseSyscalls } from "./syscalls.mjs";

/**
 * @typedef {import("./load.mjs").Code} Code
 * @typedef {import("./load.mjs").ModuleExports} ModuleExports
 * @typedef {import("./executions.mjs").FunctionKind} FunctionKind
 * @typedef {import("./functions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {import("./json.mjs").JsonValue} JsonValue
 */

export class Mount {
  #scheduler;
  /** @type {Map<string, FunctionDefinition>} */
  functions = new Map();
  /** @type {Map<string, ModuleExports>} */
  modules = new Map();
  #runner;
  #kindOf;

  /**
   * @param {object} options
   * @param {string} options.componentPath empty for the project itself
   * @param {Code} options.code
   * @param {import("./transactions.mjs").TransactionManager} options.manager
   * @param {(value: any) => JsonValue} options.convexToJson
   * @param {{ [kind in FunctionKind]: number }} options.timeouts milliseconds
   * @param {import("./scheduler.mjs").KindOf} options.kindOf
   * @param {import("./scheduler.mjs").RunJob} options.run
   * @param {Map<string, number> | undefined} options.tableNumbers of an earlier database
   */
  constructor({
    componentPath,
    code,
    manager,
    convexToJson,
    timeouts,
    kindOf,
    run,
    tableNumbers,
  }) {
    this.componentPath = componentPath;
    this.database = createDatabase(code, { componentPath, tableNumbers });
    this.#kindOf = kindOf;
    this.#runner = new FunctionRunner({
      componentPath,
      manager,
      tableOfId: this.database.tableOfId,
      convexToJson,
      timeouts,
    });
    for (const [path, exports] of code.modules) {
      this.modules.set(path, { ...exports });
      for (const definition of analyzeModule(path, exports))
        this.addFunction(definition);
    }
    this.#scheduler = new Scheduler({
      database: this.database,
      manager,
      kindOf,
      run,
      componentPath,
    });
    this.syscalls = databaseSyscalls({
      database: this.database,
      manager,
      scheduler: this.#scheduler,
    });
  }

  /**
   * Goes on with what an earlier database had scheduled.
   *
   * @returns {Promise<void>}
   */
  resume() {
    return this.#scheduler.resume();
  }

  /** Scheduled functions that have not begun never do. */
  close() {
    this.#scheduler.close();
  }

  /** @param {FunctionDefinition} definition */
  addFunction(definition) {
    const [modulePath = "", name = ""] = definition.path.split(":");
    this.functions.set(definition.path, definition);
    this.modules.set(modulePath, {
      ...this.modules.get(modulePath),
      [name]: this.#runner.wrap(definition),
    });
  }

  /**
   * @param {string} path
   * @returns {ModuleExports}
   */
  module(path) {
    const exports = this.modules.get(path.replace(/\.js$/, ""));
    if (exports === undefined)
      throw new Error(`Could not find module for: "${path}"`);
    return exports;
  }

  /** @returns {import("./crons.mjs").CronJob[]} */
  cronJobs() {
    const crons = this.modules.get("crons");
    return crons === undefined
      ? []
      : readCrons(crons.default, this.componentPath, this.#kindOf);
  }
}

/**
 * @param {Code} code
 * @param {{ componentPath: string, tableNumbers: Map<string, number> | undefined }} options
 * @returns {Database}
 */
function createDatabase({ schema }, { componentPath, tableNumbers }) {
  const options = { componentPath, ...(tableNumbers && { tableNumbers }) };
  if (schema === null) return new Database(null, options);
  if (typeof schema.export !== "function") {
    throw new StartError(
      "schema.ts must have the result of `defineSchema` as its default export.",
    );
  }
  return new Database(JSON.parse(schema.export()), options);
}
