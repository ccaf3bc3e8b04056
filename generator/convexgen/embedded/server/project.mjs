/** A project on disk: its functions directory and the packages installed for it. */

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { StartError } from "./errors.mjs";

/** Of convex-test, whose internals this server replaces in part. */
export const CONVEX_TEST_VERSION = "0.0.70";

/** Of croner, which reads cron strings: earlier ones have no weekdays nearest to a day. */
const CRONER_VERSIONS = /^1[01]\./;

const INSTALL_HINT = `npm install --save-dev convex convex-test@${CONVEX_TEST_VERSION}`;

/** An installed package. */
export class Package {
  /** @param {string} directory */
  constructor(directory) {
    this.directory = directory;
    /** @type {{ version: string, main?: string, exports?: unknown }} */
    this.manifest = JSON.parse(
      readFileSync(join(directory, "package.json"), "utf8"),
    );
  }

  /**
   * @param {string} subpath such as `.` or `./values`
   * @returns {string} the file that an `import` of it loads
   */
  fileOf(subpath) {
    const { exports, main } = this.manifest;
    const target =
      exports === undefined
        ? (main ?? "index.js")
        : targetOf(exports, subpath, this.directory);
    return join(this.directory, target);
  }

  /**
   * @param {string} subpath
   * @returns {Promise<any>}
   */
  import(subpath) {
    return import(pathToFileURL(this.fileOf(subpath)).href);
  }
}

/**
 * @param {unknown} exports of a `package.json`
 * @param {string} subpath
 * @param {string} directory for the message
 * @returns {string}
 */
function targetOf(exports, subpath, directory) {
  /** @type {unknown} */
  let target = exports;
  if (
    typeof exports === "object" &&
    exports !== null &&
    Object.keys(exports)[0]?.startsWith(".")
  ) {
    target = Object.entries(exports).find(([name]) => name === subpath)?.[1];
  }
  while (typeof target === "object" && target !== null) {
    const conditions = new Map(Object.entries(target));
    target = ["node", "import", "default"]
      .map((condition) => conditions.get(condition))
      .find((candidate) => candidate !== undefined);
  }
  if (typeof target !== "string") {
    throw new StartError(
      `The package at ${directory} does not export "${subpath}".`,
    );
  }
  return target;
}

/**
 * @param {string} name
 * @param {string} from the directory of the importing file
 * @returns {Package | null}
 */
function findPackage(name, from) {
  for (let directory = realpathSync(from); ; directory = dirname(directory)) {
    const candidate = join(directory, "node_modules", name);
    if (existsSync(join(candidate, "package.json")))
      return new Package(realpathSync(candidate));
    if (dirname(directory) === directory) return null;
  }
}

export class Project {
  /**
   * @param {string} root
   * @param {string} functions the functions directory, relative to the root
   * @throws {StartError}
   */
  constructor(root, functions) {
    if (!existsSync(root))
      throw new StartError(`There is no directory ${root}.`);
    this.root = realpathSync(root);
    this.functionsDirectory = resolve(this.root, functions);
    this.checkFunctionsDirectory();
    this.functionsDirectory = realpathSync(this.functionsDirectory);
    this.convex = this.#required("convex");
    this.convexTest = this.#required("convex-test");
    this.esbuild = dependencyOf(this.convex, "esbuild");
    this.ws = dependencyOf(this.convex, "ws");
    const { version } = this.convexTest.manifest;
    if (version !== CONVEX_TEST_VERSION) {
      throw new StartError(
        `The embedded backend needs convex-test ${CONVEX_TEST_VERSION}, but ${version} is installed ` +
          `at ${this.convexTest.directory}. Run: npm install --save-dev convex-test@${CONVEX_TEST_VERSION}`,
      );
    }
    if (
      findPackage("convex", this.convexTest.directory)?.directory !==
      this.convex.directory
    ) {
      throw new StartError(
        `convex-test uses another copy of \`convex\` than the project (${this.convex.directory}). ` +
          `Run: ${INSTALL_HINT}`,
      );
    }
  }

  /** @throws {StartError} when there is none, or none any more */
  checkFunctionsDirectory() {
    const directory = this.functionsDirectory;
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
    throw new StartError(
      `There is no functions directory ${directory}. ` +
        `Generate one, or name another with --functions.`,
    );
  }

  /**
   * @returns {string | null} the file of croner; null when no version that fits is installed, which
   *   only projects whose jobs have times of the day need
   */
  findCroner() {
    const croner = findPackage("croner", this.functionsDirectory);
    return croner !== null && CRONER_VERSIONS.test(croner.manifest.version)
      ? croner.fileOf(".")
      : null;
  }

  /** @param {string} name */
  #required(name) {
    const found = findPackage(name, this.functionsDirectory);
    if (found === null) {
      throw new StartError(
        `The npm package \`${name}\` is not installed for ${this.root}. Run there: ${INSTALL_HINT}`,
      );
    }
    return found;
  }
}

/**
 * @param {Package} owner
 * @param {string} name
 */
function dependencyOf(owner, name) {
  const found = findPackage(name, owner.directory);
  if (found === null) {
    throw new StartError(
      `The npm package \`${name}\`, a dependency of \`convex\`, is not installed. Run: npm install`,
    );
  }
  return found;
}
