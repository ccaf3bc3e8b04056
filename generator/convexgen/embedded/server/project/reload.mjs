/** Hot reload: what has changed on disk replaces what is served, or is refused and said. */

import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { buildProject } from "./bundle.mjs";
import { messageOf } from "../errors.mjs";
import { SourceWatcher } from "./watch.mjs";

/**
 * @typedef {import("./bundle.mjs").BuiltProject} BuiltProject
 * @typedef {import("./project.mjs").Project} Project
 *
 * @typedef {object} ReloaderOptions
 * @property {Project} project
 * @property {BuiltProject} built what is served
 * @property {Set<string>} sources of it
 * @property {(built: BuiltProject) => Promise<void>} apply rejects what cannot be served
 * @property {(line: string) => void} write
 */

const MAX_NAMED_FILES = 3;

export class Reloader {
  /** What is served. */
  #built;
  /** @type {Set<string>} */
  #sources;
  #project;
  #apply;
  #write;
  #watcher;
  /** Whether what is on disk now was refused. */
  #isRefused = false;
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
  constructor({ project, built, sources, apply, write }) {
    this.#project = project;
    this.#built = built;
    this.#sources = sources;
    this.#apply = apply;
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
    try {
      const built = await buildProject(this.#project, sources);
      this.#sources = sources;
      const wasRefused = this.#isRefused;
      this.#isRefused = false;
      if (isDeepStrictEqual(built, this.#built)) {
        // Nobody waits for a word on it, unless what was refused was taken back.
        return wasRefused
          ? `Good again${this.#named(paths)}; what is served is what is on disk.`
          : null;
      }
      await this.#apply(built);
      this.#built = built;
      return `Reloaded${this.#named(paths)}.`;
    } catch (error) {
      this.#isRefused = true;
      // Not all that it needs was sought.
      for (const source of sources) this.#sources.add(source);
      return `Not reloaded, what was served before still is: ${messageOf(error)}`;
    }
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
