/**
 * The embedded Convex backend: `node main.mjs --project DIR [--functions DIR]
 * [--port 0] [--site-port 0] [--function-timeout SECONDS] [--cpu-limit SECONDS]
 * [--host 127.0.0.1] [--data FILE [--data-lock FILE]] [--watch] [--watch-stdin]
 * [--control]`.
 *
 * The admin key and the secret of HS256 tokens are `CONVEXGEN_ADMIN_KEY` and
 * `CONVEXGEN_JWT_SECRET` of the environment: all users of a machine see the
 * arguments of a process.
 *
 * Who starts it with `--data` sees to it that nobody else uses that file: the
 * lock is locked by an open file that this process has got, and so for as long
 * as it lives. It is deleted at the end.
 *
 * Prints one line of JSON to standard output when it serves. With `--watch`, it
 * goes on with what changes on disk. With
 * `--watch-stdin` it ends when its standard input does, so that it cannot
 * outlive the process that started it. With `--control` it also takes requests
 * of that process there, for tests.
 */

import { randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import { isIPv4 } from "node:net";
import { parseArgs } from "node:util";
import { readProviders } from "./project/authConfig.mjs";
import { buildProject } from "./project/bundle.mjs";
import { CommitStore } from "./database/commits.mjs";
import { followControl } from "./control/control.mjs";
import { DataFile } from "./persistence/dataFile.mjs";
import { setDeploymentUrls } from "./project/deploymentUrls.mjs";
import { StartError, messageOf } from "./errors.mjs";
import { Faults } from "./control/faults.mjs";
import { evaluateApart } from "./threads/apart.mjs";
import { FunctionThread } from "./threads/functionThread.mjs";
import { Port } from "./protocol/port.mjs";
import { Project } from "./project/project.mjs";
import { Reloader } from "./project/reload.mjs";
import { RemoteHost } from "./threads/remoteHost.mjs";
import { newSigningKey } from "./identity/signing.mjs";

/** @typedef {import("./project/bundle.mjs").BuiltProject} BuiltProject */

/** Queries and mutations use the database only; what takes longer does not end. */
const DEFAULT_FUNCTION_TIMEOUT = 15;
/** Convex's limit of an action: https://docs.convex.dev/production/state/limits. */
const ACTION_TIMEOUT = 10 * 60;
/**
 * Twice Convex's limit of what a query or mutation may compute, as developers' machines and
 * those of CI are slower. Source: https://docs.convex.dev/production/state/limits.
 */
const DEFAULT_CPU_LIMIT = 2;
/** Convex runs each action apart; here, nothing else runs while one computes without a pause. */
const ACTION_CPU_LIMIT = 10;

function readOptions() {
  const { values } = parseArgs({
    options: {
      project: { type: "string", default: "." },
      functions: { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "0" },
      "site-port": { type: "string" },
      "function-timeout": { type: "string" },
      "cpu-limit": { type: "string" },
      data: { type: "string" },
      "data-lock": { type: "string" },
      watch: { type: "boolean", default: false },
      "watch-stdin": { type: "boolean", default: false },
      control: { type: "boolean", default: false },
    },
  });
  if (values.control && values.data !== undefined)
    throw new StartError("--data cannot be used with --control");
  const timeout = optionalNumber(
    "--function-timeout",
    values["function-timeout"],
  );
  const cpuLimit = optionalNumber("--cpu-limit", values["cpu-limit"]);
  return {
    project: values.project,
    functions: values.functions ?? null,
    host: loopbackAddress(values.host),
    port: numberOption("--port", values.port),
    sitePort: optionalNumber("--site-port", values["site-port"]),
    adminKey:
      takeSecret("CONVEXGEN_ADMIN_KEY") ??
      `embedded|${randomBytes(32).toString("hex")}`,
    jwtSecret: takeSecret("CONVEXGEN_JWT_SECRET"),
    timeouts: byKind(
      timeout ?? DEFAULT_FUNCTION_TIMEOUT,
      timeout ?? ACTION_TIMEOUT,
    ),
    cpuLimits: byKind(
      cpuLimit ?? DEFAULT_CPU_LIMIT,
      cpuLimit ?? ACTION_CPU_LIMIT,
    ),
    data: values.data ?? null,
    dataLock: values["data-lock"] ?? null,
    watchesSources: values.watch,
    watchesStdin: values["watch-stdin"] || values.control,
    isControlled: values.control,
  };
}

/**
 * @param {string} name of a variable, which functions and programs that they start do not see
 * @returns {string | null}
 */
function takeSecret(name) {
  const value = process.env[name];
  delete process.env[name];
  return value || null;
}

/**
 * @param {string} name
 * @param {string} text
 */
function numberOption(name, text) {
  const number = Number(text);
  if (text === "" || !(number >= 0))
    throw new StartError(`${name} must be a number, not "${text}"`);
  return number;
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
function optionalNumber(name, text) {
  return text === undefined ? null : numberOption(name, text);
}

/**
 * @param {number} ofTransactions seconds
 * @param {number} ofActions seconds
 */
function byKind(ofTransactions, ofActions) {
  const transaction = ofTransactions * 1000;
  return {
    query: transaction,
    mutation: transaction,
    action: ofActions * 1000,
  };
}

/**
 * @param {string} host
 * @returns {string}
 * @throws {StartError} for an address that others can reach
 */
function loopbackAddress(host) {
  const address = host === "localhost" ? "127.0.0.1" : host;
  if (address === "::1" || (isIPv4(address) && address.startsWith("127.")))
    return address;
  throw new StartError(
    `--host can only be an address of this machine alone, such as 127.0.0.1 or ::1, not ${host}: ` +
      "functions run with your rights, and nothing here is made to withstand a network.",
  );
}

/** Neither a fault of this thread nor output that nobody reads ends the server. */
function surviveStrayErrors() {
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (/** @type {unknown} */ error) => {
      process.stderr.write(`An unexpected error: ${messageOf(error)}\n`);
    });
  }
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", () => {});
}

function endWithStdin() {
  const end = () => process.exit(0);
  process.stdin.on("end", end).on("close", end).on("error", end).resume();
}

/** @param {string} path of a file that Windows keeps as long as who started this has it open */
function deleteIfPossible(path) {
  try {
    unlinkSync(path);
  } catch {
    // The next one takes it as it is.
  }
}

/** @param {string} line for people */
function write(line) {
  process.stderr.write(`${line}\n`);
}

async function main() {
  const options = readOptions();
  /** @type {DataFile | null} */
  let dataFile = null;
  process.on("exit", () => {
    dataFile?.close();
    if (options.dataLock !== null) deleteIfPossible(options.dataLock);
  });
  if (options.watchesStdin) endWithStdin();
  process.setSourceMapsEnabled(true);
  const project = new Project(options.project, options.functions);
  let cloud = await Port.open(options.host, options.port, "--port");
  const site = await Port.openForSite(
    options.host,
    options.sitePort,
    options.port,
  );
  const urls = () => ({ cloud: cloud.url, site: site.url });
  // Before any module of the project is loaded, in this thread or in the other one.
  setDeploymentUrls(urls());
  /** @type {Set<string>} */
  const sources = new Set();
  const { functionsDirectory } = project;
  const building = buildProject(project, sources, evaluateApart);
  const signingKey = newSigningKey();
  const thread = new FunctionThread({
    built: building,
    libraries: {
      convexTest: project.convexTest.fileOf("."),
      values: project.convex.fileOf("./values"),
    },
    functionsDirectory,
    timeouts: options.timeouts,
    signingKey,
  });
  if (options.data !== null) dataFile = new DataFile(options.data, write);
  // The thread, which takes longest to start, does not wait for what only this one needs.
  const [built, ws, { serve }] = await Promise.all([
    building,
    project.ws.import("."),
    import("./protocol/server.mjs"),
  ]);
  const openHost = () =>
    RemoteHost.open({
      thread,
      commits: dataFile ?? new CommitStore(),
      cpuLimits: options.cpuLimits,
      functionsDirectory,
      urls: urls(),
    });
  surviveStrayErrors();
  const { adminKey, jwtSecret } = options;
  const { version } = project.convex.manifest;
  const providersOf = async (/** @type {BuiltProject} */ { authConfig }) =>
    authConfig === null
      ? null
      : readProviders(
          await host.loadAuthConfig(authConfig),
          functionsDirectory,
        );
  const faults = options.isControlled ? new Faults() : null;
  let host = await openHost();
  let served = built;
  const common = {
    ws,
    site,
    adminKey,
    jwtSecret,
    publicKey: signingKey.public,
    version,
    faults,
  };
  const begin = async () =>
    serve({ ...common, cloud, host, providers: await providersOf(served) });
  let serving = await begin();
  const address = () => ({
    url: cloud.url,
    port: cloud.number,
    siteUrl: site.url,
  });
  if (faults !== null) {
    // Clients of the database before cannot reach the next one: its port is another.
    const reset = async () => {
      await serving.close();
      await host.close();
      cloud = await Port.open(options.host, 0, "--port");
      setDeploymentUrls(urls());
      host = await openHost();
      serving = await begin();
      return address();
    };
    followControl({
      reset,
      moveClock: (request) => host.moveClock(request),
      faults,
      addConflict: (conflict) => host.addConflict(conflict),
      clearConflicts: () => host.clearConflicts(),
    });
  }
  if (options.watchesSources) {
    const load = async (/** @type {BuiltProject} */ changed) => {
      const providers = await providersOf(changed);
      await host.load(changed);
      return async () => {
        await host.install(changed);
        serving.setProviders(providers);
        served = changed;
      };
    };
    const lastTimestamp = () => host.lastTimestamp;
    await Reloader.start({
      project,
      built,
      sources,
      evaluate: evaluateApart,
      load,
      lastTimestamp,
      write,
    });
  }
  process.stdout.write(
    `${JSON.stringify({ ready: true, ...address(), adminKey })}\n`,
  );
}

try {
  await main();
} catch (error) {
  const isExpected =
    error instanceof StartError ||
    (error instanceof Error &&
      "code" in error &&
      /^(ERR_PARSE_ARGS|E[A-Z]+$)/.test(String(error.code)));
  const text =
    error instanceof Error
      ? isExpected
        ? error.message
        : error.stack
      : String(error);
  process.stderr.write(`${text}\n`, () => process.exit(1));
}
