/** The thread in which functions run, from the network's thread: it can be ended and started again. */

import { Worker } from "node:worker_threads";
import { Activity } from "../calls/activity.mjs";

/**
 * @typedef {import("../project/bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("./messages.mjs").OpenMessage} OpenMessage
 *
 * @typedef {object} ThreadOptions
 * @property {BuiltProject | Promise<BuiltProject>} built
 * @property {{ convexTest: string, values: string }} libraries the files to import
 * @property {string} functionsDirectory
 * @property {import("../functions/functions.mjs").Timeouts} timeouts
 * @property {import("../identity/signing.mjs").SigningKey} signingKey
 *
 * @typedef {object} ThreadData what the thread gets when it starts
 * @property {SharedArrayBuffer} activity
 * @property {ThreadOptions["libraries"]} libraries
 * @property {string} functionsDirectory
 * @property {ThreadOptions["timeouts"]} timeouts
 * @property {ThreadOptions["signingKey"]} signingKey
 *
 * @typedef {"memory" | "exit"} LossReason
 */

export class FunctionThread {
  #options;
  /** @type {Worker | null} */
  #worker = null;
  /** Settles when it has been sent what is built. */
  #sent = Promise.resolve();
  /** What the thread loads when it starts. */
  built;
  activity = new Activity();
  /** Whether it has opened a database already, so that another one takes no time. */
  isWarm = false;
  /** Is told when the thread has ended by itself. @type {(reason: LossReason) => void} */
  onLost = () => {};

  /** @param {ThreadOptions} options */
  constructor(options) {
    this.#options = options;
    this.built = options.built;
    this.start();
  }

  /** Starts it, once it has been stopped or lost. */
  start() {
    const { libraries, functionsDirectory, timeouts, signingKey } =
      this.#options;
    this.activity = new Activity();
    this.isWarm = false;
    /** @type {ThreadData} */
    const workerData = {
      activity: this.activity.memory,
      libraries,
      functionsDirectory,
      timeouts,
      signingKey,
    };
    // Standard output is for the answers to whoever has started the server.
    const worker = new Worker(new URL("../worker.mjs", import.meta.url), {
      workerData,
      stdout: true,
      stderr: true,
    });
    for (const stream of [worker.stdout, worker.stderr])
      stream.on("data", (chunk) => process.stderr.write(chunk));
    /** @type {LossReason} */
    let reason = "exit";
    worker.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code === "ERR_WORKER_OUT_OF_MEMORY") reason = "memory";
      else process.stderr.write(`${error.stack || error.message}\n`);
    });
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.onLost(reason);
    });
    this.#worker = worker;
    this.#sent = this.#sendBuilt(worker);
  }

  /** @param {Worker} worker */
  async #sendBuilt(worker) {
    try {
      worker.postMessage({ type: "load", built: await this.built });
    } catch {
      // Whoever asked for the build gets its error.
    }
  }

  /**
   * Behind what is built, which the thread needs for it.
   *
   * @param {OpenMessage} message
   */
  open(message) {
    const worker = this.#worker;
    void this.#sent.then(() => worker?.postMessage(message, [message.port]));
  }

  /** Ends it, whatever it is at. */
  async stop() {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
