/**
 * The functions and the database of the project itself, or of one of its
 * components.
 */

import { Database } from "../database/database.mjs";
import { FunctionRunner } from "./functions.mjs";
import { HTTP_ACTION, httpActionRunner } from "./httpActions.mjs";
import { analyzeModule } from "../push/analysis.mjs";
import { readCrons } from "../push/crons.mjs";
import { routerOf } from "../push/router.mjs";
import { exportSchema } from "../push/schemas.mjs";
import { Scheduler } from "../jobs/scheduler.mjs";
import { databaseSyscalls } from "./syscalls.mjs";

/**
 * @typedef {import("../project/load.mjs").Code} Code
 * @typedef {import("../calls/definitions.mjs").ModuleExports} ModuleExports
 * @typedef {import("../calls/job.mjs").CronJob} CronJob
 * @typedef {import("../database/tables.mjs").ExportedSchema} ExportedSchema
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../calls/definitions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {import("../calls/definitions.mjs").RegisteredFunction} RegisteredFunction
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 */

/**
 * Code that has been looked through, so that nothing of it can be refused any more.
 *
 * @typedef {HttpPlaces & CodeOfOwn} PreparedCode
 *
 * @typedef {object} CodeOfOwn
 * @property {Map<string, ModuleExports>} modules
 * @property {FunctionDefinition[]} definitions
 * @property {ExportedSchema | null} schema
 * @property {CronJob[]} cronJobs
 * @property {Router | null} router of its HTTP actions
 *
 * @typedef {import("../push/router.mjs").Router} Router
 *
 * @typedef {object} HttpPlaces
 * @property {string | null} httpPrefix of the HTTP actions of an app
 * @property {import("../calls/definitions.mjs").HttpMounts} httpMounts
 */

/**
 * @param {string} componentPath empty for the project itself
 * @param {Code} code
 * @param {import("../jobs/cronTimes.mjs").Croner | null} croner
 * @param {HttpPlaces} http
 * @returns {PreparedCode}
 * @throws {Error} what a file of it has is not what it must have
 */
export function prepareCode(componentPath, { modules, schema }, croner, http) {
  const definitions = [...modules].flatMap(([path, exports]) =>
    analyzeModule(path, exports),
  );
  const kinds = new Map(definitions.map(({ path, kind }) => [path, kind]));
  return {
    ...http,
    router: routerOf(modules.get("http")),
    modules,
    definitions,
    schema: exportSchema(schema, componentPath),
    cronJobs: readCrons(modules.get("crons"), {
      componentPath,
      kindOf: (path) => kinds.get(path) ?? null,
      croner,
    }),
  };
}

/**
 * @typedef {object} MountOptions
 * @property {string} componentPath empty for the project itself
 * @property {import("../calls/transactions.mjs").TransactionManager} manager
 * @property {import("./functions.mjs").ValuesLibrary} library
 * @property {string} functionsDirectory of the project
 * @property {import("./functions.mjs").Timeouts} timeouts
 * @property {import("../calls/attribution.mjs").Attribution} attribution
 * @property {import("./context.mjs").SignJwt} signJwt
 * @property {import("../jobs/scheduler.mjs").KindOf} kindOf
 * @property {(reference: string) => void} checkReference to a function of a component
 * @property {import("../jobs/scheduler.mjs").RunJob} run
 * @property {Map<string, number>} tableNumbers of an earlier database
 */

export class Mount {
  #scheduler;
  /** @type {Map<string, FunctionDefinition>} */
  functions = new Map();
  /** @type {Map<string, ModuleExports>} */
  modules = new Map();
  /** @type {Router | null} */
  router = null;
  /** @type {string | null} */
  httpPrefix = null;
  /** @type {import("../calls/definitions.mjs").HttpMounts} */
  httpMounts = [];
  #runner;
  #isInstalled = false;

  /** @param {MountOptions} options */
  constructor({
    componentPath,
    manager,
    library,
    functionsDirectory,
    timeouts,
    attribution,
    signJwt,
    kindOf,
    checkReference,
    run,
    tableNumbers,
  }) {
    this.checkReference = checkReference;
    this.componentPath = componentPath;
    this.database = new Database({ componentPath, tableNumbers });
    this.#runner = new FunctionRunner({
      componentPath,
      manager,
      tableOfId: this.database.tables.nameOfId,
      library,
      functionsDirectory,
      timeouts,
      attribution,
      signJwt,
      checkReference,
    });
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
   * Puts other code in the place of what was there; data stays. The first time, it goes on with
   * what an earlier database had scheduled.
   *
   * @param {PreparedCode | null} code null when the component is not installed any more
   * @param {FunctionDefinition[]} systemFunctions
   * @param {Map<string, string>} jobFailures by id: the text of the error of jobs that have failed
   */
  install(code, systemFunctions, jobFailures) {
    this.database.tables.applySchema(code?.schema ?? null);
    // Functions alone, which are added: convex-test awaits modules, and would call a function
    // `then` among their other exports.
    this.modules = new Map(
      [...(code?.modules.keys() ?? [])].map((path) => [path, {}]),
    );
    this.router = code?.router ?? null;
    this.httpPrefix = code?.httpPrefix ?? null;
    this.httpMounts = code?.httpMounts ?? [];
    if (this.router !== null)
      this.#addExport(
        HTTP_ACTION,
        httpActionRunner(this.router, this.checkReference),
      );
    this.functions = new Map();
    for (const definition of code?.definitions ?? [])
      this.#addFunction(definition);
    for (const definition of systemFunctions) this.#addFunction(definition);
    if (!this.#isInstalled) void this.#scheduler.resume(jobFailures);
    this.#isInstalled = true;
  }

  /** Scheduled functions that have not begun never do. */
  close() {
    this.#scheduler.close();
  }

  /** @param {FunctionDefinition} definition */
  #addFunction(definition) {
    this.functions.set(definition.path, definition);
    this.#addExport(definition.path, this.#runner.wrap(definition));
  }

  /**
   * @param {string} path of a function
   * @param {RegisteredFunction} registered
   */
  #addExport(path, registered) {
    const [modulePath = "", name = ""] = path.split(":");
    this.modules.set(modulePath, {
      ...this.modules.get(modulePath),
      [name]: registered,
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
}
