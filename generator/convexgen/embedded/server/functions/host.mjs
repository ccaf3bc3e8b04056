/** One hosted project: runs its functions for whoever calls, over whatever protocol. */

import { Activity, NO_CALL } from "../calls/activity.mjs";
import { Attribution } from "../calls/attribution.mjs";
import { checkedArguments, findDefinition } from "./callChecks.mjs";
import { recordCommit } from "../database/commits.mjs";
import { createConvexTest } from "./convexTest.mjs";
import { Crons } from "../jobs/crons.mjs";
import { describeFailure } from "../errors.mjs";
import { checkEnvironment } from "../push/variables.mjs";
import { checkHttpMounts } from "../push/httpMounts.mjs";
import { setEnvironments } from "../isolate/environments.mjs";
import {
  Call,
  callsOfTransactions,
  Execution,
  executions,
} from "../calls/executions.mjs";
import { ROOT, strippedPath } from "../calls/definitions.mjs";
import { History } from "../database/history.mjs";
import { HttpActions } from "./httpActions.mjs";
import { routeHttpAction } from "./httpRouting.mjs";
import { ADMIN } from "../identity/identity.mjs";
import { encodeValue } from "../values/json.mjs";
import { writeLog } from "../log.mjs";
import { NO_CLIENT, newRequestId } from "../calls/metadata.mjs";
import { environmentsOf } from "../project/bundle.mjs";
import { prepareCode } from "./mount.mjs";
import { Mounts } from "./mounts.mjs";
import { runOutside } from "../calls/outside.mjs";
import { newSigningKey, signToken } from "../identity/signing.mjs";
import { FileStorage } from "../persistence/storage.mjs";
import { routeSyscalls } from "./syscallRouting.mjs";
import { TransactionManager } from "../calls/transactions.mjs";

/**
 * @typedef {import("../project/bundle.mjs").Bundle} Bundle
 * @typedef {import("../database/commits.mjs").CommitRecord} CommitRecord
 * @typedef {import("../database/database.mjs").DocumentChange} DocumentChange
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../identity/identity.mjs").Identity} Identity
 * @typedef {import("../values/json.mjs").Encoder} Encoder
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("./callChecks.mjs").CallRequest} CallRequest
 * @typedef {import("./convexTest.mjs").Accessor} Accessor
 * @typedef {import("../errors.mjs").FailedCall} FailedCall
 * @typedef {import("./mount.mjs").PreparedCode} PreparedCode
 * @typedef {import("../calls/job.mjs").Job} Job
 * @typedef {import("../database/transaction.mjs").Transaction} Transaction
 * @typedef {import("../database/turns.mjs").Turn} Turn
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 */

/**
 * @typedef {{ changes: DocumentChange[], timestamp: bigint, transaction: Transaction }} Commit
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
 * @property {import("./functions.mjs").ValuesLibrary} values
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
 * @property {import("../identity/signing.mjs").SigningKey} [signingKey]
 * @property {string} [origin] of URLs of files
 * @property {JobListener} [onJob] is called when a scheduled function or cron job begins and ends
 *
 * @callback JobListener
 * @param {number} id of its call
 * @param {string | null} path null at the end
 * @param {string | null} jobId null for a cron job
 * @returns {void}
 */

const ENTRY_METHODS = /** @type {const} */ ({
  query: "queryFromPath",
  mutation: "mutationFromPath",
  action: "actionFromPath",
});

/** Of jobs of every host, which may run beside each other for a while. */
let nextJobCall = -1;

export class Host {
  /** @type {Mounts} */
  #mounts;
  /** @type {WeakMap<object, Accessor>} */
  #accessors = new WeakMap();
  #accessor;
  #functionsDirectory;
  #history;
  #crons;
  #httpActions;
  #onJob;

  /**
   * @param {HostOptions} options
   * @throws {Error} for what a file of the project must not have
   */
  constructor(options) {
    const { bundle, libraries, timeouts, initial = null } = options;
    const attribution = options.attribution ?? new Attribution(new Activity());
    const signingKey = options.signingKey ?? newSigningKey();
    this.#onJob = options.onJob ?? (() => {});
    this.#functionsDirectory = options.functionsDirectory;
    const { accessor, state } = createConvexTest(libraries.convexTest);
    this.#accessor = accessor;
    this.manager = new TransactionManager(state.components);
    state.transactionManager = this.manager;
    this.manager.advance(BigInt(initial?.timestamp ?? 0));
    this.#history = new History(this.manager.lastTimestamp);
    this.manager.onCommit((changes, timestamp) =>
      this.#history.record(changes, timestamp),
    );
    this.#mounts = new Mounts({
      components: state.components,
      manager: this.manager,
      library: libraries.values,
      functionsDirectory: options.functionsDirectory,
      timeouts,
      attribution,
      sign: (request, componentPath) =>
        signToken(request, this.#issuer(componentPath), signingKey),
      run: (...job) => runOutside(() => this.#runJob(...job)),
      origin: () => this.files.origin,
      initial,
      jobFailures: options.jobFailures ?? new Map(),
    });
    this.database = this.#mounts.root.database;
    /** @type {FileStorage} */
    this.files = new FileStorage({
      databases: () => this.#mounts.databases,
      manager: this.manager,
    });
    this.files.origin = options.origin ?? "";
    this.#httpActions = new HttpActions({
      attribution,
      timeout: timeouts.action,
      functionsDirectory: options.functionsDirectory,
    });
    routeSyscalls(state, {
      mounts: this.#mounts,
      files: this.files,
      attribution,
    });
    this.#crons = new Crons(this.#runJob);
    this.#install(bundle, prepareBundle(bundle));
  }

  /**
   * @param {Bundle} bundle another version of the project
   * @returns {() => Promise<void>} goes on with it: its functions, schema, components and cron
   *   jobs. Data is kept, and so is what runs. Where documents violate the schema, it rejects and
   *   everything is as before
   * @throws {Error} when it cannot be used
   */
  prepare(bundle) {
    const prepared = prepareBundle(bundle);
    return async () => {
      const turn = await this.manager.takeTurn();
      try {
        this.#install(bundle, prepared);
      } finally {
        turn.release();
      }
    };
  }

  /**
   * @param {Bundle} bundle
   * @param {Map<string, PreparedCode>} prepared by the path of the component
   * @throws {StartError} before anything has changed
   */
  #install({ components }, prepared) {
    this.#mounts.install(prepared);
    setEnvironments(environmentsOf(components));
    this.#crons.follow([...prepared.values()].flatMap((code) => code.cronJobs));
  }

  /**
   * Makes documents what they were for the holder of a turn.
   *
   * @param {bigint} timestamp
   * @param {Turn} turn
   * @returns {() => void} brings the present back
   * @throws {import("../errors.mjs").RequestError} when that is too long ago
   */
  rewind(timestamp, turn) {
    const restore = this.#history.rewind(timestamp, this.#mounts.databases);
    turn.timestamp = timestamp;
    return restore;
  }

  /** @param {(record: CommitRecord, commit: Commit) => void} listener is called within each commit */
  onRecord(listener) {
    this.manager.onCommit((changes, timestamp, transaction) => {
      const record = recordCommit(this.#mounts.databases, changes, timestamp);
      listener(record, { changes, timestamp, transaction });
    });
  }

  /** @returns {{ functions: object[] }} of the project's functions */
  functionSpec() {
    return this.#mounts.functionSpec();
  }

  /** @returns {{ [table: string]: object }} of what the documents of the project's tables have */
  shapes() {
    return this.#mounts.shapes();
  }

  /** Ends what would go on by itself: jobs that have not begun never do. */
  close() {
    this.#crons.stop();
    this.#mounts.close();
  }

  /**
   * @param {CallRequest} request
   * @returns {Promise<CallOutcome>} never rejects because of the function
   */
  async run(request) {
    /** @type {Call | null} */
    let call = null;
    const requestId = newRequestId();
    try {
      const definition = findDefinition(request, this.#mounts);
      call = new Call({
        id: request.id ?? NO_CALL,
        path: strippedPath(definition.path),
        kind: definition.kind,
        args: checkedArguments(definition, request, this.#mounts),
        encode: request.encode ?? encodeValue,
        journal: request.journal ?? null,
        turn: request.turn ?? null,
        job: request.job ?? null,
        metadata: {
          ...(request.client ?? NO_CLIENT),
          requestId,
          scheduledFunctionId: request.job?.id ?? null,
          authToken: request.identity.token,
        },
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
        requestId,
      );
      return { value: null, failure, logLines: call?.logLines ?? [], call };
    } finally {
      // The small collections of V8 keep what is in a WeakMap: all that each call has made would be
      // moved by them, and stay until a large one.
      if (call?.transaction) callsOfTransactions.delete(call.transaction);
    }
  }

  /**
   * @param {import("./httpActions.mjs").HttpRequest} request of an HTTP action
   * @param {Identity} identity
   * @param {import("./httpActions.mjs").HttpReceiver} receiver
   * @returns {Promise<void>} when all of the answer has been given
   */
  async fetch(request, identity, receiver) {
    const { target, init } = request;
    const { pathname } = new URL(`http://localhost${target}`);
    const route = routeHttpAction(
      (componentPath) => this.#mounts.get(componentPath),
      pathname,
      init.method ?? "GET",
    );
    const accessor = this.#accessorFor(identity);
    await this.#httpActions.run(
      request,
      identity.token,
      accessor,
      route,
      receiver,
    );
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
      identity: ADMIN,
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
}

/**
 * @param {Bundle} bundle
 * @returns {Map<string, PreparedCode>} by the path of the component
 */
function prepareBundle(bundle) {
  checkEnvironment(bundle.app.variables);
  const codes = [
    { path: ROOT, code: bundle, httpMounts: bundle.app.httpMounts },
    ...bundle.components,
  ];
  const { httpPrefix } = bundle.app;
  const prepared = new Map(
    codes.map(({ path, code, httpMounts }) => [
      path,
      prepareCode(path, code, bundle.croner, {
        httpPrefix: path === ROOT ? httpPrefix : null,
        httpMounts,
      }),
    ]),
  );
  checkHttpMounts(prepared);
  return prepared;
}
