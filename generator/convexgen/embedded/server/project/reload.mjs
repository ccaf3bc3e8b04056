/** Hot reload: what has changed on disk replaces what is served, or is refused and said. */

import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { buildProject } from "./bundle.mjs";
import { VIOLATED, messageOf } from "../errors.mjs";
import { SourceWatcher } from "./watch.mjs";

/**
 * @typedef {import("./bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("./project.mjs").Project} Project
 *
 * @typedef {object} ReloaderOptions
 * @property {Project} project
 * @property {BuiltProject} built what is served
 * @property {Set<string>} sources of it
 * @property {import("./components.mjs").EvaluateApp} evaluate
 * @property {(built: BuiltProject) => Promise<Serve>} load rejects what cannot be served
 * @property {() => bigint} lastTimestamp of what has been stored
 * @property {(line: string) => void} write
 *
 * @typedef {() => Promise<void>} Serve serves what was loaded; rejects while documents violate its schema
 *
 * @typedef {object} Violated
 * @property {BuiltProject} built
 * @property {Serve} serve
 * @property {string} reason that was said
 * @property {bigint} tried what had been stored then
 * @property {NodeJS.Timeout} timer
 */

const MAX_NAMED_FILES = 3;
/** In milliseconds: so often at most is tried again what documents violate. */
const TRIAL_INTERVAL = 1000;

export class Reloader {
  /** What is served. */
  #built;
  /** @type {Set<string>} */
  #sources;
  #project;
  #evaluate;
  #load;
  #lastTimestamp;
  #write;
  #watcher;
  /** Whether what is on disk now was refused. */
  #isRefused = false;
  /** What is on disk, where documents violate its schema. @type {Violated | null} */
  #violated = null;
  /** @type {Promise<void>} */
  #last = Promise.resolve();

  /**
   * Watches from now on.
   *
   * @param {ReloaderOptions} options
   * @returns {Promise<Reloader>} when what had changed meanwhile is served
   * @throws {import("../errors.mjs").StartError} when it cannot watch
   */
  static async start(options) {
    const reloader = new Reloader(options);
    reloader.#watcher.follow(options.sources);
    await reloader.#reload([]);
    return reloader;
  }

  /** @param {ReloaderOptions} options */
  constructor({
    project,
    built,
    sources,
    evaluate,
    load,
    lastTimestamp,
    write,
  }) {
    this.#project = project;
    this.#evaluate = evaluate;
    this.#built = built;
    this.#sources = sources;
    this.#load = load;
    this.#lastTimestamp = lastTimestamp;
    this.#write = write;
    this.#watcher = new SourceWatcher(project, (paths) => this.#begin(paths));
  }

  /** @param {string[]} paths */
  #begin(paths) {
    this.#last = this.#last.then(() => this.#reload(paths));
  }

  /** @param {string[]} paths that have changed */
  async #reload(paths) {
    /** @type {string | null} */
    let line = null;
    do line = (await this.#attempt(paths)) ?? line;
    while (
      // A file of a folder that was not watched may have changed while it was read.
      this.#watchMore()
    );
    if (line !== null) this.#write(line);
  }

  /**
   * @param {string[]} paths
   * @returns {Promise<string | null>} what to say, null when nothing has changed
   */
  async #attempt(paths) {
    /** @type {Set<string>} */
    const sources = new Set();
    clearInterval(this.#violated?.timer);
    this.#violated = null;
    /** @type {Pick<Violated, "built" | "serve"> | null} */
    let loaded = null;
    const tried = this.#lastTimestamp();
    try {
      const built = await buildProject(this.#project, sources, this.#evaluate);
      this.#sources = sources;
      const wasRefused = this.#isRefused;
      this.#isRefused = false;
      if (isDeepStrictEqual(built, this.#built)) {
        // Nobody waits for a word on it, unless what was refused was taken back.
        return wasRefused
          ? `Good again${this.#named(paths)}; what is served is what is on disk.`
          : null;
      }
      loaded = { built, serve: await this.#load(built) };
      await loaded.serve();
      this.#built = built;
      return `Reloaded${this.#named(paths)}.`;
    } catch (error) {
      this.#isRefused = true;
      // Not all that it needs was sought.
      for (const source of sources) this.#sources.add(source);
      const reason = messageOf(error);
      if (loaded !== null && reason.startsWith(VIOLATED)) {
        const timer = setInterval(() => this.#tryAgain(), TRIAL_INTERVAL);
        this.#violated = { ...loaded, reason, tried, timer };
      }
      return refused(reason);
    }
  }

  /** What documents violated, where something has been stored since. */
  #tryAgain() {
    const violated = this.#violated;
    if (violated === null || violated.tried === this.#lastTimestamp()) return;
    violated.tried = this.#lastTimestamp();
    this.#last = this.#last.then(async () => {
      // Files may have changed meanwhile, which are served or refused by now.
      if (violated !== this.#violated) return;
      try {
        await violated.serve();
      } catch (error) {
        const reason = messageOf(error);
        if (reason !== violated.reason) this.#write(refused(reason));
        violated.reason = reason;
        return;
      }
      clearInterval(violated.timer);
      this.#violated = null;
      this.#isRefused = false;
      this.#built = violated.built;
      this.#write("Reloaded: what is stored fits the schema now.");
    });
  }

  #watchMore() {
    try {
      return this.#watcher.follow(this.#sources);
    } catch (error) {
      this.#write(messageOf(error));
      return false;
    }
  }

  /** @param {string[]} paths */
  #named(paths) {
    if (paths.length === 0) return "";
    const names = paths
      .slice(0, MAX_NAMED_FILES)
      .map((path) => relative(this.#project.root, path));
    const rest = paths.length - names.length;
    return `: ${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  }
}

/** @param {string} reason */
function refused(reason) {
  return `Not reloaded, what was served before still is: ${reason}`;
}
