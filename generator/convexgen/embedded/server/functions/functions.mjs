/**
 * The functions of a project: what each is, and how it runs inside of
 * convex-test, with Convex's own validation around it.
 */

import { clearTimeout, setTimeout } from "node:timers";
import { completeContext } from "./context.mjs";
import { canonicalPath } from "../calls/definitions.mjs";
import { CallError, describeThrown, isConvexError } from "../errors.mjs";
import {
  callsOfTransactions,
  Execution,
  executions,
} from "../calls/executions.mjs";
import { restoreBuiltins } from "../isolate/builtins.mjs";
import { UnsupportedValue, decodeValue } from "../values/json.mjs";
import {
  LimitExceeded,
  MAX_RESULT_SIZE,
  formatSize,
  measure,
} from "../values/limits.mjs";
import { findViolation } from "../values/validator.mjs";

/**
 * @typedef {import("../calls/attribution.mjs").Attribution} Attribution
 * @typedef {import("../calls/definitions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../calls/definitions.mjs").RegisteredFunction} RegisteredFunction
 * @typedef {import("../calls/executions.mjs").Call} Call
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("../values/validator.mjs").TableOfId} TableOfId
 * @typedef {import("../calls/transactions.mjs").TransactionManager} TransactionManager
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 * @typedef {import("./context.mjs").SignJwt} SignJwt
 * @typedef {{ [kind in FunctionKind]: number }} Timeouts milliseconds until a function must have finished
 *
 * @typedef {object} ValuesLibrary `convex/values` of the project
 * @property {(value: any) => JsonValue} convexToJson
 * @property {new (data: ConvexValue) => Error & { data: ConvexValue }} ConvexError
 */

/** Of queries and mutations. Source: `MAX_REACTOR_CALL_DEPTH` in the backend's `common/src/knobs.rs`. */
const MAX_DEPTH = 8;

export const ANY_VALIDATOR = JSON.stringify({ type: "any" });

/**
 * Runs a project's handlers. convex-test's own validation is switched off; here
 * a value that `returns` refuses still rolls the mutation back.
 */
export class FunctionRunner {
  #manager;
  #tableOfId;
  #library;
  #functionsDirectory;
  #timeouts;
  #componentPath;
  #attribution;
  #signJwt;
  #checkReference;

  /**
   * @param {object} options
   * @param {string} [options.componentPath] of the functions
   * @param {TransactionManager} options.manager
   * @param {TableOfId} options.tableOfId
   * @param {ValuesLibrary} options.library
   * @param {string} options.functionsDirectory of the project
   * @param {Timeouts} options.timeouts
   * @param {Attribution} options.attribution
   * @param {SignJwt} options.signJwt
   * @param {(reference: string) => void} options.checkReference to a function of a component
   */
  constructor({
    componentPath = "",
    manager,
    tableOfId,
    library,
    functionsDirectory,
    timeouts,
    attribution,
    signJwt,
    checkReference,
  }) {
    this.#checkReference = checkReference;
    this.#signJwt = signJwt;
    this.#componentPath = componentPath;
    this.#manager = manager;
    this.#tableOfId = tableOfId;
    this.#library = library;
    this.#functionsDirectory = functionsDirectory;
    this.#timeouts = timeouts;
    this.#attribution = attribution;
  }

  /**
   * @param {FunctionDefinition} definition
   * @returns {RegisteredFunction} for convex-test
   */
  wrap(definition) {
    const { kind } = definition;
    return {
      isQuery: kind === "query",
      isMutation: kind === "mutation",
      isAction: kind === "action",
      _handler: (ctx, args) =>
        this.#run(
          definition,
          completeContext(
            definition,
            ctx,
            kind === "mutation" ? this.#signJwt : null,
            this.#checkReference,
          ),
          args,
        ),
      exportArgs: () => ANY_VALIDATOR,
      exportReturns: () => "null",
    };
  }

  /**
   * @param {FunctionDefinition} definition
   * @param {unknown} ctx
   * @param {unknown} args
   */
  async #run(definition, ctx, args) {
    const outer = executions.getStore();
    const call = outer?.call ?? null;
    if (outer?.isWaiting && call !== null) {
      return await this.#runUntilCommitted(outer, undefined, definition, () =>
        this.#runOutermost(definition, ctx, call, outer),
      );
    }
    const execution = new Execution(call, false, definition.kind);
    if (outer !== undefined && outer.transaction !== null)
      execution.depth = outer.depth + 1;
    return await executions.run(execution, () =>
      this.#runUntilCommitted(execution, outer, definition, () =>
        this.#runNested(definition, ctx, args, execution),
      ),
    );
  }

  /**
   * Once, unless a test asks for conflicts. A function that fails has none: it
   * commits nothing.
   *
   * @template T
   * @param {Execution} execution
   * @param {Execution | undefined} caller whose function goes on
   * @param {FunctionDefinition} definition
   * @param {() => Promise<T>} run
   * @returns {Promise<T>} what the last run gives
   */
  async #runUntilCommitted(execution, caller, definition, run) {
    const logged = execution.call?.logLines.length ?? 0;
    let conflicts = 0;
    for (let runs = 0; ; runs += 1) {
      this.#begin(execution, definition);
      try {
        const result = await run();
        const commits =
          definition.kind === "mutation" && caller?.kind !== "mutation";
        if (runs === 0 && commits)
          conflicts = this.#manager.conflicts.take(definition.path);
        if (runs === conflicts) return result;
      } finally {
        this.#attribution.end(execution, caller);
      }
      await this.#manager.beginAgain();
      execution.startOver(logged);
    }
  }

  /**
   * @param {Execution} execution
   * @param {FunctionDefinition} definition
   */
  #begin(execution, definition) {
    execution.isWaiting = false;
    execution.isOver = false;
    execution.componentPath = this.#componentPath;
    execution.path = definition.path;
    execution.transaction = this.#transactionFor(definition);
    this.#attribution.begin(execution);
  }

  /** @param {FunctionDefinition} definition */
  #transactionFor({ kind }) {
    return kind === "action" ? null : this.#manager.current;
  }

  /**
   * @param {FunctionDefinition} definition
   * @param {unknown} ctx
   * @param {Call} call
   * @param {Execution} execution
   */
  async #runOutermost(definition, ctx, call, execution) {
    call.transaction = this.#transactionFor(definition);
    if (call.transaction !== null && call.kind === "mutation")
      callsOfTransactions.set(call.transaction, call);
    if (call.job?.transaction?.begin() === false)
      throw new CallError("The scheduled function was canceled");
    const returned = await settleInTime(
      call,
      this.#timeouts[definition.kind],
      handle(definition, ctx, call.args, execution),
    );
    const value = /** @type {ConvexValue} */ (
      returned === undefined ? null : returned
    );
    try {
      call.result = call.encode(value);
    } catch (error) {
      if (!(error instanceof UnsupportedValue || error instanceof RangeError))
        throw error;
      // An unresolved commit timestamp, or no Convex value at all: convex-test
      // resolves the one and has Convex's own words for the other.
      call.unresolved = this.#normalized(value);
      this.#checkReturned(definition, call.unresolved);
      call.job?.transaction?.end();
      return value;
    }
    this.#checkReturned(definition, value);
    call.job?.transaction?.end();
    return null;
  }

  /**
   * @param {FunctionDefinition} definition
   * @param {unknown} ctx
   * @param {unknown} args
   * @param {Execution} execution
   */
  async #runNested(definition, ctx, args, execution) {
    const violation = findViolation(
      definition.args,
      this.#normalized(args),
      this.#tableOfId,
    );
    if (violation !== null)
      throw new CallError(`ArgumentValidationError: ${violation}`);
    if (execution.depth > MAX_DEPTH) {
      throw new Error(
        "Cross component call depth limit exceeded. Do you have an infinite loop in your app?",
      );
    }
    try {
      const returned = await new Promise((resolve, reject) => {
        execution.fail = reject;
        handle(definition, ctx, args, execution).then(resolve, reject);
      });
      const value = returned === undefined ? null : returned;
      if (definition.returns !== null)
        this.#checkReturned(definition, this.#normalized(value));
      return value;
    } catch (error) {
      execution.isOver = true;
      // What it calls must have ended before the writes of both are undone.
      await execution.settle();
      throw this.#caught(error);
    } finally {
      execution.isOver = true;
    }
  }

  /**
   * What a caller catches: the whole text, and the data of a `ConvexError`, but not what was thrown.
   * Source: `From<JsError>` in the backend's `common/src/errors.rs`.
   *
   * @param {unknown} thrown
   * @returns {Error}
   */
  #caught(thrown) {
    const text = `${describeThrown(thrown, this.#functionsDirectory)}\n`;
    if (!isConvexError(thrown)) return new Error(text);
    const error = new this.#library.ConvexError(text);
    error.data = thrown.data;
    return error;
  }

  /**
   * @param {unknown} value of the project's `convex/values`
   * @returns {ConvexValue}
   */
  #normalized(value) {
    return decodeValue(this.#library.convexToJson(value));
  }

  /**
   * @param {FunctionDefinition} definition
   * @param {ConvexValue} value
   */
  #checkReturned(definition, value) {
    const path = canonicalPath(definition.path);
    try {
      const { size } = measure(value);
      if (size > MAX_RESULT_SIZE) {
        throw new CallError(
          `Function ${path} return value is too large (actual: ${formatSize(size)}, ` +
            `limit: ${formatSize(MAX_RESULT_SIZE)})`,
        );
      }
    } catch (error) {
      if (!(error instanceof LimitExceeded)) throw error;
      throw new CallError(
        `Function ${path} return value invalid: ${error.message}`,
      );
    }
    if (definition.returns === null) return;
    const violation = findViolation(definition.returns, value, this.#tableOfId);
    if (violation !== null)
      throw new CallError(`ReturnsValidationError: ${violation}`);
  }
}

/**
 * A query or mutation ends when none of its system calls is pending, whoever awaits them.
 * Source: `run_inner` in the backend's `isolate/src/environment/udf/mod.rs`.
 *
 * @param {FunctionDefinition} definition
 * @param {unknown} ctx
 * @param {unknown} args
 * @param {Execution} execution
 * @returns {Promise<unknown>}
 */
async function handle({ kind, handler }, ctx, args, execution) {
  try {
    if (kind === "action") return await handler(ctx, args);
    const returned = await execution.outcome(handler(ctx, args));
    await execution.settle();
    return returned;
  } finally {
    restoreBuiltins();
  }
}

/**
 * @template T
 * @param {Call} call that waits for it, and may be given up
 * @param {number} limit milliseconds
 * @param {T | Promise<T>} result
 * @returns {Promise<T>}
 */
export function settleInTime(call, limit, result) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new CallError(
          `Function execution timed out (maximum duration: ${limit / 1000}s): ` +
            `${call.path} did not finish. Does it await a promise that never settles?`,
        ),
      );
    }, limit);
    call.fail = reject;
    Promise.resolve(result)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        call.fail = null;
      });
  });
}
