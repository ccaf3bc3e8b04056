/** One hosted project: runs its functions for whoever calls, over whatever protocol. */

import { Activity, NO_CALL } from "./activity.mjs";
import { Attribution } from "./attribution.mjs";
import { recordCommit, restoreDatabase, tableNumbers } from "./commits.mjs";
import { createConvexTest } from "./convexTest.mjs";
import { Crons } from "./crons.mjs";
import { CallError, StartError, describeFailure } from "./errors.mjs";
import { Call, Execution, executions } from "./executions.mjs";
import { functionSpec } from "./functionSpec.mjs";
import { canonicalPath, functionPath } from "./functions.mjs";
import { HttpActions } from "./httpActions.mjs";
import { UnsupportedValue, decodeValue, encodeValue } from "./json.mjs";
import {
  LimitExceeded,
  MAX_ARGUMENTS_SIZE,
  formatSize,
  measure,
} from "./limits.mjs";
import { writeLog } from "./log.mjs";
import { Mount, prepareCode } from "./mount.mjs";
import { runOutside } from "./outside.mjs";
import { History } from "./history.mjs";
import { newSigningKey, signToken } from "./signing.mjs";
import { FileStorage } from "./storage.mjs";
import { systemFunctions } from "./systemFunctions.mjs";
import { TransactionManager } from "./transactions.mjs";
import { findViolation } from "./validator.mjs";
import { hasPendingTimestamp } from "./values.mjs";

/**
 * @typedef {import("./bundle.mjs").Bundle} Bundle
 * @typedef {import("./commits.mjs").CommitRecord} CommitRecord
 * @typedef {import("./database.mjs").DocumentChange} DocumentChange
 * @typedef {import("./executions.mjs").FunctionKind} FunctionKind
 * @typedef {import("./functions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {import("./identity.mjs").Identity} Identity
 * @typedef {import("./json.mjs").Encoder} Encoder
 * @typedef {import("./json.mjs").JsonValue} JsonValue
 * @typedef {import("./convexTest.mjs").Accessor} Accessor
 * @typedef {import("./errors.mjs").FailedCall} FailedCall
 * @typedef {import("./mount.mjs").PreparedCode} PreparedCode
 * @typedef {import("./scheduler.mjs").Job} Job
 * @typedef {import("./transactions.mjs").Transaction} Transaction
 * @typedef {import("./transactions.mjs").Turn} Turn
 * @typedef {import("./values.mjs").ConvexValue} ConvexValue
 */

/**
 * @typedef {{ changes: DocumentChange[], timestamp: bigint, transaction: Transaction }} Commit
 *
 * @typedef {object} CallRequest
 * @property {string} path
 * @property {string} [componentPath] which administrators may name
 * @property {FunctionKind | null} kind null: whatever it is
 * @property {JsonValue | undefined} args an object, or an array of one
 * @property {Identity} identity
 * @property {Encoder} [encode] of the result; lossless by default
 * @property {string | null} [journal]
 * @property {Turn | null} [turn] held for several calls
 * @property {number} [id] of the call, which no other one that runs has
 * @property {((call: Call) => void) | undefined} [onStart]
 * @property {Job | null} [job] that the call is of
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

/** In front of the text of an error; what is scheduled has no request. */
const REQUEST_ID = /^\[Request ID: \w+\] Server Error\n/;

/**
 * @typedef {object} HostOptions
 * @property {Bundle} bundle
 * @property {Libraries} libraries
 * @property {string} functionsDirectory
 * @property {import("./functions.mjs").Timeouts} timeouts
 * @property {CommitRecord | null} [initial] the state to go on from
 * @property {Map<string, string>} [jobFailures] by id: the text of the error of jobs that have failed in it
 * @property {Attribution} [attribution]
 * @property {import("./signing.mjs").SigningKey} [signingKey]
 * @property {JobListener} [onJob] is called when a scheduled function or cron job begins and ends
 *
 * @callback JobListener
 * @param {number} id of its call
 * @param {string | null} path null at the end
 * @param {string | null} jobId null for a cron job
 * @returns {void}
 */

/** The path of the component that the project itself is. */
const ROOT = "";

const KIND_NAMES = { query: "Query", mutation: "Mutation", action: "Action" };
const ENTRY_METHODS = /** @type {const} */ ({
  query: "queryFromPath",
  mutation: "mutationFromPath",
  action: "actionFromPath",
});

/** Of jobs of every host, which may run beside each other for a while. */
let nextJobCall = -1;

export class Host {
  /** By the path of the component; the project's own is empty. @type {Map<string, Mount>} */
  #mounts = new Map();
  /** @type {WeakMap<object, Accessor>} */
  #accessors = new WeakMap();
  #accessor;
  #functionsDirectory;
  #nextRequestId = 1;
  #options;
  #state;
  /** What an earlier host left; it goes to the mounts that it is of. @type {CommitRecord | null} */
  #initial;
  #root;
  #history;
  #crons;
  /** @type {(() => void)[]} */
  #reloadListeners = [];
  #httpActions;
  #attribution;
  #signingKey;
  #onJob;

  /**
   * @param {HostOptions} options
   * @throws {Error} for what a file of the project must not have
   */
  constructor(options) {
    const { bundle, libraries } = options;
    this.#options = options;
    this.#attribution = options.attribution ?? new Attribution(new Activity());
    this.#signingKey = options.signingKey ?? newSigningKey();
    this.#onJob = options.onJob ?? (() => {});
    this.#functionsDirectory = options.functionsDirectory;
    const { accessor, state } = createConvexTest(libraries.convexTest);
    this.#accessor = accessor;
    this.#state = state;
    this.manager = new TransactionManager(state.components);
    state.transactionManager = this.manager;
    this.#initial = options.initial ?? null;
    this.manager.advance(BigInt(this.#initial?.timestamp ?? 0));
    this.#history = new History(this.manager.lastTimestamp);
    this.manager.onCommit((changes, timestamp) =>
      this.#history.record(changes, timestamp),
    );
    this.#root = this.#mount(ROOT);
    this.database = this.#root.database;
    this.files = new FileStorage({
      database: this.database,
      manager: this.manager,
    });
    this.#httpActions = new HttpActions({
      attribution: this.#attribution,
      timeout: options.timeouts.action,
      functionsDirectory: options.functionsDirectory,
      nextRequestId: () => this.#requestId(),
    });
    this.#installSyscalls(state);
    this.#crons = new Crons(this.#runJob);
    this.#install(prepareBundle(bundle));
  }

  /**
   * Goes on with another version of the project: its functions, schema, components and cron
   * jobs. Data is kept, and so is what runs.
   *
   * @param {Bundle} bundle
   * @throws {Error} when it cannot be used; everything is as before then
   */
  async reload(bundle) {
    const prepared = prepareBundle(bundle);
    const turn = await this.manager.takeTurn();
    try {
      this.#install(prepared);
    } finally {
      turn.release();
    }
    for (const listener of this.#reloadListeners) listener();
  }

  /** @param {() => void} listener is called when other code is in place */
  onReload(listener) {
    this.#reloadListeners.push(listener);
  }

  /**
   * @param {Map<string, PreparedCode>} prepared by the path of the component
   * @throws {StartError} before anything has changed
   */
  #install(prepared) {
    for (const path of prepared.keys())
      if (!this.#mounts.has(path)) this.#mount(path);
    this.#checkSchemas(prepared);
    for (const [path, mount] of this.#mounts) {
      mount.install(
        prepared.get(path) ?? null,
        systemFunctions({
          database: mount.database,
          functionSpec: () => describeMount(mount),
          origin: () => this.files.origin,
        }),
        this.#options.jobFailures ?? new Map(),
      );
    }
    this.#crons.follow([...prepared.values()].flatMap((code) => code.cronJobs));
  }

  /**
   * @param {Map<string, PreparedCode>} prepared
   * @throws {StartError} in the words of `npx convex dev`
   */
  #checkSchemas(prepared) {
    for (const [path, { schema }] of prepared) {
      const database = this.#mounts.get(path)?.database;
      const violation = database?.findViolationOf(schema) ?? null;
      if (violation !== null)
        throw new StartError(`Schema validation failed.\n${violation}`);
    }
  }

  /**
   * @param {string} componentPath
   * @returns {Mount} without code, with the data that an earlier host had for it
   */
  #mount(componentPath) {
    const { libraries, timeouts } = this.#options;
    const initial = this.#initial;
    const mount = new Mount({
      componentPath,
      manager: this.manager,
      convexToJson: libraries.values.convexToJson,
      timeouts,
      attribution: this.#attribution,
      signJwt: async (request) =>
        signToken(request, this.#issuer(componentPath), this.#signingKey),
      tableNumbers: tableNumbers(initial, componentPath),
      kindOf: (path, component) =>
        this.#mounts.get(component)?.functions.get(path)?.kind ?? null,
      run: (...job) => runOutside(() => this.#runJob(...job)),
    });
    if (initial !== null)
      this.#initial = restoreDatabase(mount.database, initial);
    this.#mounts.set(componentPath, mount);
    this.#state.components[componentPath] = {
      db: mount.database,
      modules: async (path) => mount.module(path),
    };
    return mount;
  }

  get #databases() {
    return new Map(
      [...this.#mounts].map(([path, { database }]) => [path, database]),
    );
  }

  /**
   * Makes documents what they were for the holder of a turn.
   *
   * @param {bigint} timestamp
   * @param {Turn} turn
   * @returns {() => void} brings the present back
   * @throws {import("./errors.mjs").RequestError} when that is too long ago
   */
  rewind(timestamp, turn) {
    const restore = this.#history.rewind(timestamp, this.#databases);
    turn.timestamp = timestamp;
    return restore;
  }

  /** @param {string} url of the server, empty as long as it has none */
  setOrigin(url) {
    this.files.origin = url;
    if (url === "") return;
    process.env.CONVEX_CLOUD_URL = url;
    process.env.CONVEX_SITE_URL = `${url}/http`;
  }

  /** @param {(record: CommitRecord, commit: Commit) => void} listener is called within each commit */
  onRecord(listener) {
    this.manager.onCommit((changes, timestamp, transaction) => {
      const record = recordCommit(this.#databases, changes, timestamp);
      listener(record, { changes, timestamp, transaction });
    });
  }

  /** @returns {{ functions: object[] }} of the project's functions */
  functionSpec() {
    return describeMount(this.#root);
  }

  /** Ends what would go on by itself: jobs that have not begun never do. */
  close() {
    this.#crons.stop();
    for (const mount of this.#mounts.values()) mount.close();
  }

  /** @param {import("./convexTest.mjs").ConvexTestState} state */
  #installSyscalls(state) {
    const ownSyscalls = () =>
      (
        this.#mounts.get(executions.getStore()?.componentPath ?? "") ??
        this.#root
      ).syscalls;
    const { syscall, asyncSyscall } = state;
    const files = this.files.asyncSyscalls;
    const fileContents = this.files.jsSyscalls;
    state.jsSyscall = async (op, args) => fileContents[op]?.(args);
    const attribution = this.#attribution;
    state.syscall = (op, json) => {
      const own = ownSyscalls().synchronous[op];
      return own === undefined
        ? syscall(op, json)
        : attribution.system(() => own(JSON.parse(json), json));
    };
    state.asyncSyscall = (op, json) => {
      const { asynchronous, inActions } = ownSyscalls();
      const own = asynchronous[op];
      if (own !== undefined)
        return attribution.system(() => own(JSON.parse(json), json));
      const inAction = inActions[op] ?? files[op];
      return inAction === undefined
        ? asyncSyscall(op, json)
        : inAction(JSON.parse(json));
    };
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
        id: request.id ?? NO_CALL,
        path: definition.path,
        kind: definition.kind,
        args: this.#checkedArguments(definition, request),
        encode: request.encode ?? encodeValue,
        journal: request.journal ?? null,
        turn: request.turn ?? null,
        job: request.job ?? null,
      });
      request.onStart?.(call);
      const value = await this.#invoke(
        call,
        request.identity,
        request.componentPath ?? "",
      );
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
   * @param {import("./httpActions.mjs").HttpRequest} request of an HTTP action
   * @param {Identity} identity
   * @param {import("./httpActions.mjs").HttpReceiver} receiver
   * @returns {Promise<void>} when all of the answer has been given
   */
  async fetch(request, identity, receiver) {
    const hasActions = this.#root.modules.has("http");
    const accessor = hasActions ? this.#accessorFor(identity) : null;
    await this.#httpActions.run(request, accessor, receiver);
  }

  /**
   * @param {Call} call
   * @param {Identity} identity
   * @param {string} componentPath
   * @returns {Promise<string>} the encoded result
   */
  async #invoke(call, identity, componentPath) {
    const accessor = this.#accessorFor(identity);
    const path = { componentPath, udfPath: call.path };
    const execution = new Execution(call, true, call.kind);
    const invoke = accessor[ENTRY_METHODS[call.kind]];
    const returned = await executions.run(execution, () => invoke(path, {}));
    return call.result ?? call.encode(returned);
  }

  /**
   * @param {CallRequest} request
   * @returns {FunctionDefinition}
   * @throws {CallError}
   */
  #definitionFor({ path, componentPath = "", kind, identity }) {
    const normalized = functionPath(path);
    const definition = this.#mounts
      .get(componentPath)
      ?.functions.get(normalized);
    if (
      definition === undefined ||
      !(identity.isAdmin || (definition.isPublic && componentPath === ""))
    ) {
      const sought = identity.isAdmin ? "function" : "public function";
      throw new CallError(
        `Could not find ${sought} for '${normalized.replace(/:default$/, "")}'. ` +
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
   * @param {CallRequest} request
   * @returns {ConvexValue}
   * @throws {CallError}
   */
  #checkedArguments(definition, { args: json, componentPath = "" }) {
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
      (this.#mounts.get(componentPath) ?? this.#root).database.tableOfId,
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
   * @param {string} componentPath
   * @param {Job} job
   * @returns {Promise<string | null>} the error's text
   */
  #runJob = async (path, args, componentPath, job) => {
    const id = nextJobCall--;
    this.#onJob(id, path, job.id);
    const { failure } = await this.run({
      id,
      path,
      componentPath,
      kind: null,
      args: JSON.parse(encodeValue(args)),
      identity: { isAdmin: true, user: null },
      job,
    });
    this.#onJob(id, null, job.id);
    if (failure !== null) writeLog(`[scheduled ${path}] ${failure.message}`);
    return failure?.message.replace(REQUEST_ID, "").trimEnd() ?? null;
  };

  /** @param {string} componentPath */
  #issuer(componentPath) {
    const { origin } = this.files;
    return componentPath === ROOT
      ? origin
      : `${origin}/components/${componentPath}`;
  }

  #requestId() {
    return (this.#nextRequestId++).toString(16).padStart(16, "0");
  }
}

/** @param {Mount} mount */
function describeMount({ functions, modules }) {
  return functionSpec(functions.values(), modules.get("http"));
}

/**
 * @param {Bundle} bundle
 * @returns {Map<string, PreparedCode>} by the path of the component
 */
function prepareBundle(bundle) {
  const codes = [{ path: ROOT, code: bundle }, ...bundle.components];
  return new Map(
    codes.map(({ path, code }) => [
      path,
      prepareCode(path, code, bundle.croner),
    ]),
  );
}
