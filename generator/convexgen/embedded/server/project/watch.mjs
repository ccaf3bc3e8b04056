/**
 * Watching the files that functions are made of. Folders are watched, not files:
 * editors put a new file in the place of the old one, and a file that is missing
 * may come.
 */

import { existsSync, readdirSync, statSync, watch } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { clearTimeout, setTimeout } from "node:timers";
import { StartError } from "../errors.mjs";

/** Several files are often written at once, and each in several steps. */
const QUIET_TIME = 100;

const SOURCE_FILE = /\.([cm]?[jt]sx?|json)$/;
const EXTENSION = /\.[^./\\]+$/;
const UNWATCHED_FOLDER = /^(\..*|node_modules|_generated)$/;

/** Written by npm, pnpm and yarn when they have installed something. */
const INSTALLATION_MARKS = [
  ".package-lock.json",
  ".modules.yaml",
  ".yarn-integrity",
  ".yarn-state.yml",
];

export class SourceWatcher {
  /** @type {Map<string, { inode: number, watcher: import("node:fs").FSWatcher }>} */
  #folders = new Map();
  /** Paths without extension of files that are sought outside of the functions. @type {Set<string>} */
  #sought = new Set();
  /** @type {Set<string>} */
  #changed = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #project;
  #onChange;

  /**
   * @param {import("./project.mjs").Project} project
   * @param {(paths: string[]) => void} onChange gets the sources that have changed, come or gone
   */
  constructor(project, onChange) {
    this.#project = project;
    this.#onChange = onChange;
  }

  /**
   * @param {Iterable<string>} sources absolute paths, maybe without extension, of files that need not exist
   * @returns {boolean} whether it watches a folder that it did not watch before
   * @throws {StartError} when the system does not allow it
   */
  follow(sources) {
    const { root, functionsDirectory } = this.#project;
    const folders = new Set(foldersBelow(functionsDirectory));
    this.#sought.clear();
    const marks = INSTALLATION_MARKS.map((name) =>
      join(root, "node_modules", name),
    );
    for (const source of [...sources, ...marks]) {
      const path = nearestPath(source);
      folders.add(dirname(path));
      this.#sought.add(path.replace(EXTENSION, ""));
    }
    for (const [folder, { inode, watcher }] of this.#folders) {
      if (folders.has(folder) && inodeOf(folder) === inode) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    const added = [...folders].filter((folder) => !this.#folders.has(folder));
    for (const folder of added) this.#watch(folder);
    return added.length > 0;
  }

  close() {
    clearTimeout(this.#timer);
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** @param {string} folder */
  #watch(folder) {
    try {
      const watcher = watch(folder, (_, name) => this.#notice(folder, name));
      // A folder that is deleted; its parent tells of it.
      watcher.on("error", () => watcher.close());
      this.#folders.set(folder, { inode: inodeOf(folder), watcher });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StartError(
        `The folder ${folder} cannot be watched: ${reason}. Start without --watch, or raise the ` +
          "system's limit (on Linux fs.inotify.max_user_watches and max_user_instances).",
      );
    }
  }

  /**
   * @param {string} folder
   * @param {string | null} name
   */
  #notice(folder, name) {
    const path = name === null ? folder : join(folder, name);
    if (!this.#concerns(path)) return;
    if (SOURCE_FILE.test(path)) this.#changed.add(path);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const changed = [...this.#changed].sort();
      this.#changed.clear();
      this.#onChange(changed);
    }, QUIET_TIME);
  }

  /** @param {string} path */
  #concerns(path) {
    if (this.#sought.has(path.replace(EXTENSION, ""))) return true;
    const name = basename(path);
    const { functionsDirectory } = this.#project;
    const isFunction = (dirname(path) + sep).startsWith(
      functionsDirectory + sep,
    );
    // A name without a point is one of a folder.
    return (
      isFunction &&
      !UNWATCHED_FOLDER.test(name) &&
      (SOURCE_FILE.test(name) || !name.includes("."))
    );
  }
}

/**
 * @param {string} folder
 * @returns {string[]} itself and what is below it
 */
function foldersBelow(folder) {
  if (!existsSync(folder)) return [];
  const below = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !UNWATCHED_FOLDER.test(entry.name),
  );
  return [
    folder,
    ...below.flatMap((entry) => foldersBelow(join(folder, entry.name))),
  ];
}

/**
 * @param {string} path
 * @returns {string} it, or what is missing on the way to it
 */
function nearestPath(path) {
  const folder = dirname(path);
  const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
  return isThere ? path : nearestPath(folder);
}

/** @param {string} path */
function inodeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0;
}
