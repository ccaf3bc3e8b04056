/** One hosted project: runs its functions for whoever calls, over whatever protocol. */

import { createConvexTest } from "./convexTest.mjs";
import { Database } from "./database.mjs";
import { CallError, StartError, describeFailure } from "./errors.mjs";
import { Call, Execution, executions } from "./executions.mjs";
import {
  FunctionRunner,
  analyzeModule,
  canonicalPath,
  functionPath,
} from "./functions.mjs";
import { UnsupportedValue, decodeValue, encodeValue } from "./json.mjs";
import {
  LimitExceeded,
  MAX_ARGUMENTS_SIZE,
  formatSize,
  measure,
} from "./limits.mjs";
import { runOutside } from "./outside.mjs";
import { Scheduler } from "./scheduler.mjs";
import { databaseSyscalls } from "./syscalls.mjs";
import { TransactionManager } from "./transactions.mjs";
import { findViolation } from "./validator.mjs";
import { hasPendingTimestamp } from "./values.mjs";

/**
 * @typedef {import("./bundle.mjs").Bundle} Bundle
 * @typedef {import("./bundle.mjs").ModuleExports} ModuleExports
 * @typedef {import("./executions.mjs").FunctionKind} FunctionKind
 * @typedef {import("./functions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {import("./identity.mjs").Identity} Identity
 * @typedef {import("./json.mjs").Encoder} Encoder
 * @typedef {import("./json.mjs").JsonValue} JsonValue
 * @typedef {import("./convexTest.mjs").Accessor} Accessor
 * @typedef {import("./errors.mjs").FailedCall} FailedCall
 * @typedef {import("./transactions.mjs").Turn} Turn
 * @typedef {import("./values.mjs").ConvexValue} ConvexValue
 */

/**
 * @typedef {object} CallRequest
 * @property {string} path
 * @property {FunctionKind | null} kind null: whatever it is
 * @property {JsonValue | undefined} args an object, or an array of one
 * @property {Identity} identity
 * @property {Encoder} [encode] of the result; lossless by default
 * @property {string | null} [journal]
 * @property {Turn | null} [turn] held for several calls
 * @property {((call: Call) => void) | undefined} [onStart]
 *
 * @typedef {object} CallOutcome
 * @property {string | null} value the encoded result, null when the call failed
 * @property {FailedCall | null} failure
 * @property {string[]} logLines
 * @property {Call | null} call null when nothing ran
 */

/**
 * @typedef {object} Libraries
 * @property {{ convexTest: (options: object) => any }} convexTest
 * @property {{ convexToJson: (value: any) => JsonValue }} values `convex/values`
 */

const KIND_NAMES = { query: "Query", mutation: "Mutation", action: "Action" };
const ENTRY_METHODS = /** @type {const} */ ({
  query: "queryFromPath",
  mutation: "mutationFromPath",
  action: "actionFromPath",
});

export class Host {
  /** @type {Map<string, FunctionDefinition>} */
  #functions = new Map();
  /** @type {Map<string, ModuleExports>} */
  #modules = new Map();
  /** @type {WeakMap<object, Accessor>} */
  #accessors = new WeakMap();
  #accessor;
  #functionsDirectory;
  #scheduler;
  #nextRequestId = 1;

  /**
   * @param {object} options
   * @param {Bundle} options.bundle
   * @param {Libraries} options.libraries
   * @param {string} options.functionsDirectory
   * @param {{ [kind in FunctionKind]: number }} options.timeouts milliseconds
   */
  constructor({ bundle, libraries, functionsDirectory, timeouts }) {
    this.#functionsDirectory = functionsDirectory;
    const { accessor, state, root } = createConvexTest(libraries.convexTest);
    this.#accessor = accessor;
    this.database = createDatabase(bundle);
    this.manager = new TransactionManager(state.components);
    root.db = this.database;
    root.modules = async (path) => this.#module(path);
    state.transactionManager = this.manager;
    const runner = new FunctionRunner({
      manager: this.manager,
      tableOfId: this.database.tableOfId,
      convexToJson: libraries.values.convexToJson,
      timeouts,
    });
    for (const [path, exports] of bundle.modules) {
      this.#modules.set(path, this.#wrapModule(path, exports, runner));
    }
    this.#scheduler = this.#installSyscalls(state);
  }

  /** Scheduled functions that have not begun never do. */
  close() {
    this.#scheduler.close();
  }

  /** @param {string} path */
  #module(path) {
    const exports = this.#modules.get(path.replace(/\.js$/, ""));
    if (exports === undefined)
      throw new Error(`Could not find module for: "${path}"`);
    return exports;
  }

  /**
   * @param {string} modulePath
   * @param {{ [name: string]: unknown }} exports
   * @param {FunctionRunner} runner
   */
  #wrapModule(modulePath, exports, runner) {
    const wrapped = { ...exports };
    for (const definition of analyzeModule(modulePath, exports)) {
      this.#functions.set(definition.path, definition);
      wrapped[definition.path.slice(modulePath.length + 1)] =
        runner.wrap(definition);
    }
    return wrapped;
  }

  /**
   * @param {import("./convexTest.mjs").ConvexTestState} state
   * @returns {Scheduler}
   */
  #installSyscalls(state) {
    const scheduler = new Scheduler({
      database: this.database,
      manager: this.manager,
      hasFunction: (path) => this.#functions.has(path),
      run: (path, args) => runOutside(() => this.#runJob(path, args)),
    });
    const { synchronous, asynchronous, inActions } = databaseSyscalls({
      database: this.database,
      manager: this.manager,
      scheduler,
    });
    const { syscall, asyncSyscall } = state;
    state.syscall = (op, json) => {
      const own = synchronous[op];
      return own === undefined
        ? syscall(op, json)
        : own(JSON.parse(json), json);
    };
    state.asyncSyscall = (op, json) => {
      const own = asynchronous[op];
      if (own !== undefined) return own(JSON.parse(json), json);
      const inAction = inActions[op];
      return inAction === undefined
        ? asyncSyscall(op, json)
        : inAction(JSON.parse(json));
    };
    return scheduler;
  }

  /** @returns {IterableIterator<FunctionDefinition>} */
  get functions() {
    return this.#functions.values();
  }

  /**
   * @param {CallRequest} request
   * @returns {Promise<CallOutcome>} never rejects because of the function
   */
  async run(request) {
    /** @type {Call | null} */
    let call = null;
    try {
      const definition = this.#definitionFor(request);
      call = new Call({
        path: definition.path,
        kind: definition.kind,
        args: this.#checkedArguments(definition, request.args),
        encode: request.encode ?? encodeValue,
        journal: request.journal ?? null,
        turn: request.turn ?? null,
      });
      request.onStart?.(call);
      const value = await this.#invoke(call, request.identity);
      return { value, failure: null, logLines: call.logLines, call };
    } catch (error) {
      const failure = describeFailure(
        error,
        this.#functionsDirectory,
        this.#requestId(),
      );
      return { value: null, failure, logLines: call?.logLines ?? [], call };
    }
  }

  /**
   * @param {string} target the path and query of an HTTP action
   * @param {RequestInit} request
   * @returns {Promise<Response>}
   */
  async fetch(target, request) {
    if (!this.#modules.has("http"))
      return new Response("No matching routes found", { status: 404 });
    try {
      return await this.#accessor.fetch(target, request);
    } catch (error) {
      const failure = describeFailure(
        error,
        this.#functionsDirectory,
        this.#requestId(),
      );
      process.stderr.write(failure.message);
      return Response.json({ code: failure.message }, { status: 500 });
    }
  }

  /**
   * @param {Call} call
   * @param {Identity} identity
   * @returns {Promise<string>} the encoded result
   */
  async #invoke(call, identity) {
    const accessor = this.#accessorFor(identity);
    const path = { componentPath: "", udfPath: call.path };
    const execution = new Execution(call, true);
    const invoke = accessor[ENTRY_METHODS[call.kind]];
    const returned = await executions.run(execution, () => invoke(path, {}));
    return call.result ?? call.encode(returned);
  }

  /**
   * @param {CallRequest} request
   * @returns {FunctionDefinition}
   * @throws {CallError}
   */
  #definitionFor({ path, kind, identity }) {
    const normalized = functionPath(path);
    const definition = this.#functions.get(normalized);
    if (
      definition === undefined ||
      !(definition.isPublic || identity.isAdmin)
    ) {
      throw new CallError(
        `Could not find public function for '${normalized.replace(/:default$/, "")}'. ` +
          "Did you forget to run `npx convex dev` or `npx convex deploy`?",
      );
    }
    if (kind !== null && definition.kind !== kind) {
      throw new CallError(
        `Trying to execute ${canonicalPath(normalized)} as ${KIND_NAMES[kind]}, but it is defined ` +
          `as ${KIND_NAMES[definition.kind]}.`,
      );
    }
    return definition;
  }

  /**
   * @param {FunctionDefinition} definition
   * @param {JsonValue | undefined} json
   * @returns {ConvexValue}
   * @throws {CallError}
   */
  #checkedArguments(definition, json) {
    const path = canonicalPath(definition.path);
    /** @type {ConvexValue} */
    let args;
    /** @type {number} */
    let size;
    try {
      args = decodeValue((Array.isArray(json) ? json[0] : json) ?? {});
      ({ size } = measure([args]));
      if (hasPendingTimestamp(args)) {
        throw new UnsupportedValue(
          "a commit timestamp exists in mutations only",
        );
      }
    } catch (error) {
      if (!(
        error instanceof LimitExceeded || error instanceof UnsupportedValue
      ))
        throw error;
      throw new CallError(`Invalid arguments for ${path}: ${error.message}`);
    }
    if (size > MAX_ARGUMENTS_SIZE) {
      throw new CallError(
        `Arguments for ${path} are too large (actual: ${formatSize(size)}, ` +
          `limit: ${formatSize(MAX_ARGUMENTS_SIZE)})`,
      );
    }
    const violation = findViolation(
      definition.args,
      args,
      this.database.tableOfId,
    );
    if (violation !== null)
      throw new CallError(`ArgumentValidationError: ${violation}`);
    return args;
  }

  /**
   * @param {Identity} identity
   * @returns {Accessor}
   */
  #accessorFor({ user }) {
    if (user === null) return this.#accessor;
    let accessor = this.#accessors.get(user);
    if (accessor === undefined) {
      accessor = this.#accessor.withIdentity(user);
      this.#accessors.set(user, accessor);
    }
    return accessor;
  }

  /**
   * @param {string} path
   * @param {ConvexValue} args
   * @returns {Promise<string | null>} the error's text
   */
  async #runJob(path, args) {
    const { failure } = await this.run({
      path,
      kind: null,
      args: JSON.parse(encodeValue(args)),
      identity: { isAdmin: true, user: null },
    });
    if (failure !== null)
      process.stderr.write(`[scheduled ${path}] ${failure.message}`);
    return failure?.message ?? null;
  }

  #requestId() {
    return (this.#nextRequestId++).toString(16).padStart(16, "0");
  }
}

/**
 * @param {Bundle} bundle
 * @returns {Database}
 */
function createDatabase({ schema }) {
  if (schema === null) return new Database(null);
  if (typeof schema.export !== "function") {
    throw new StartError(
      "schema.ts must have the result of `defineSchema` as its default export.",
    );
  }
  return new Database(JSON.parse(schema.export()));
}
