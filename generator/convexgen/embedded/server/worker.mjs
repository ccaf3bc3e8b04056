/** The thread of functions. See `functionThread.mjs`, which starts it. */

import { parentPort, workerData } from "node:worker_threads";
import { pathToFileURL } from "node:url";
import { Activity } from "./calls/activity.mjs";
import { Attribution } from "./calls/attribution.mjs";
import { loadBundle } from "./project/bundle.mjs";
import { restoreClock } from "./clock.mjs";
import { captureConsole } from "./calls/console.mjs";
import {
  mentionsCloudUrl,
  setDeploymentUrls,
} from "./project/deploymentUrls.mjs";
import { StartError, messageOf } from "./errors.mjs";
import { executions } from "./calls/executions.mjs";
import { installFunctionGlobals } from "./functions/functionGlobals.mjs";
import { Host } from "./functions/host.mjs";
import { refuseEndingTheProcess } from "./threads/endingTheProcess.mjs";
import { HostService } from "./threads/hostService.mjs";
import { redirectLog, writeLog } from "./log.mjs";

/**
 * @typedef {import("./project/bundle.mjs").Bundle} Bundle
 * @typedef {import("./project/bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("./threads/functionThread.mjs").ThreadData} ThreadData
 * @typedef {import("./threads/messages.mjs").OpenMessage} OpenMessage
 *
 * @typedef {{ bundle: Bundle, libraries: import("./functions/host.mjs").Libraries }} Loaded
 */

if (parentPort === null) throw new Error("This is no program of its own");

const data = /** @type {ThreadData} */ (workerData);
const activity = new Activity(data.activity);
const attribution = new Attribution(activity);
/** @type {HostService | null} */
let service = null;

process.setSourceMapsEnabled(true);
installFunctionGlobals();
captureConsole();
redirectLog((text) => {
  if (service === null) process.stderr.write(text);
  else service.log(text);
});
refuseEndingTheProcess();
failCallsOfStrayErrors();

// `convex-test` keeps what it finds of the globals, so it is loaded now only.
const libraries = Promise.all(
  [data.libraries.convexTest, data.libraries.values].map(
    (file) => import(pathToFileURL(file).href),
  ),
);

/**
 * @typedef {object} LoadedCode
 * @property {BuiltProject} built
 * @property {Promise<Bundle>} bundle
 * @property {string | undefined} cloudUrl that its modules saw when they were loaded
 */

/** @type {LoadedCode | null} */
let loaded = null;

/**
 * @param {BuiltProject} built
 * @param {Promise<Bundle>} bundle
 */
function keepLoaded(built, bundle) {
  loaded = { built, bundle, cloudUrl: process.env.CONVEX_CLOUD_URL };
  // It is reported when a database is opened.
  bundle.catch(() => {});
}

/** @param {BuiltProject} built */
function load(built) {
  const bundle = libraries.then(() => loadBundle(built));
  keepLoaded(built, bundle);
  // What a module waits for keeps this thread alone meanwhile: one that waits for nothing is found out.
  parentPort?.unref();
  const goOn = () => void parentPort?.ref();
  bundle.then(goOn, goOn);
}

parentPort.on(
  "message",
  (
    /** @type {{ type: "load", built: BuiltProject } | OpenMessage} */ message,
  ) => {
    if (message.type === "load") {
      load(message.built);
    } else {
      void open(message);
    }
  },
);

/** @param {OpenMessage} message */
async function open({ port, initial, jobFailures, clock, conflicts, urls }) {
  try {
    service?.close();
    service = null;
    restoreClock(clock);
    setDeploymentUrls(urls);
    const [convexTest, values] = await libraries;
    if (loaded === null) throw new Error("Nothing has been loaded");
    if (loaded.cloudUrl !== urls.cloud && mentionsCloudUrl(loaded.built))
      load(loaded.built);
    const bundle = await loaded.bundle;
    /** @type {HostService | null} */
    let opened = null;
    const host = new Host({
      bundle,
      libraries: { convexTest, values },
      functionsDirectory: data.functionsDirectory,
      timeouts: data.timeouts,
      signingKey: data.signingKey,
      initial,
      jobFailures,
      attribution,
      origin: urls.cloud,
      onJob: (...job) => opened?.reportJob(...job),
    });
    const onReload = (
      /** @type {BuiltProject} */ built,
      /** @type {Bundle} */ reloaded,
    ) => keepLoaded(built, Promise.resolve(reloaded));
    for (const conflict of conflicts) host.manager.conflicts.add(conflict);
    opened = new HostService({ host, port, activity, onReload });
    service = opened;
  } catch (error) {
    const isExpected = error instanceof StartError;
    port.postMessage({ type: "failed", message: messageOf(error), isExpected });
  }
}

/** What a function throws in a timer, or rejects for nobody, is its call's failure. */
function failCallsOfStrayErrors() {
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (/** @type {unknown} */ error) => {
      const execution = executions.getStore();
      const fail = execution?.fail ?? execution?.call?.fail;
      if (fail && !execution?.isOver) fail(error);
      else
        writeLog(`An error outside of every function: ${messageOf(error)}\n`);
    });
  }
}
