/** A project on disk: its functions directory and the packages installed for it. */

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FILE_NAME, declaredPackages, readConvexJson } from "./convexJson.mjs";
import { StartError } from "../errors.mjs";

/** Of convex-test, whose internals this server replaces in part. */
export const CONVEX_TEST_VERSION = "0.0.70";

/** Of croner, which reads cron strings: earlier ones have no weekdays nearest to a day. */
const CRONER_VERSIONS = /^1[01]\./;

/** Of convex: an earlier one has not all of `ctx` and of the validators. */
const MIN_CONVEX_VERSION = "1.49.0";

/** What to install, by the names of the packages. */
const NEEDED = new Map([
  ["convex", `convex@^${MIN_CONVEX_VERSION}`],
  ["convex-test", `convex-test@${CONVEX_TEST_VERSION}`],
]);
const INSTALL = "npm install --save-dev";
const INSTALL_HINT = `${INSTALL} convex ${NEEDED.get("convex-test")}`;

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

/** @typedef {{ root: string, convex: Package, esbuild: Package }} IncompleteProject */

/**
 * What a file of a project needs of it to be built: any version of `convex`, and nothing to run functions.
 *
 * @param {string} root
 * @param {string} folder of the file
 * @returns {IncompleteProject}
 * @throws {StartError}
 */
export function packagesFor(root, folder) {
  const convex = findPackage("convex", folder);
  if (convex === null) {
    const declared = declaredPackages(root).has("convex");
    throw new StartError(
      `The npm package \`convex\` is not installed for ${root}. Run there: npm install` +
        (declared ? "" : " convex"),
    );
  }
  return {
    root: realpathSync(root),
    convex,
    esbuild: dependencyOf(convex, "esbuild"),
  };
}

export class Project {
  #functions;

  /**
   * @param {string} root
   * @param {string | null} functions the functions directory, relative to the root; null for what
   *   `convex.json` says
   * @throws {StartError}
   */
  constructor(root, functions) {
    if (!existsSync(root))
      throw new StartError(`There is no directory ${root}.`);
    this.root = realpathSync(root);
    this.#functions = functions;
    this.settings = readConvexJson(this.root);
    this.functionsDirectory = this.#sought();
    this.checkFunctionsDirectory();
    this.functionsDirectory = realpathSync(this.functionsDirectory);
    this.convex = this.#required("convex");
    this.convexTest = this.#required("convex-test");
    this.esbuild = dependencyOf(this.convex, "esbuild");
    this.ws = dependencyOf(this.convex, "ws");
    const { version } = this.convexTest.manifest;
    this.#checkConvexVersion();
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

  /** The file that names the functions directory. */
  get settingsFile() {
    return join(this.root, FILE_NAME);
  }

  #sought() {
    return resolve(this.root, this.#functions ?? this.settings.functions);
  }

  /**
   * Reads again what may change while the project is served.
   *
   * @throws {StartError} when there is no functions directory any more, or another one
   */
  refresh() {
    this.settings = readConvexJson(this.root);
    this.checkFunctionsDirectory();
    const sought = this.#sought();
    if (
      !existsSync(sought) ||
      realpathSync(sought) !== this.functionsDirectory
    ) {
      throw new StartError(
        `${this.settingsFile} names another functions directory, ${sought}. Start again to serve it.`,
      );
    }
  }

  /** @throws {StartError} when there is none, or none any more */
  checkFunctionsDirectory() {
    const directory = this.functionsDirectory;
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
    const isNamed = this.#functions === null && existsSync(this.settingsFile);
    throw new StartError(
      `There is no functions directory ${directory}` +
        (isNamed ? `, which ${this.settingsFile} names. ` : ". ") +
        "Generate one, or name another with --functions.",
    );
  }

  #checkConvexVersion() {
    const { directory, manifest } = this.convex;
    if (isAtLeast(manifest.version, MIN_CONVEX_VERSION)) return;
    throw new StartError(
      `The embedded backend needs convex ${MIN_CONVEX_VERSION} or later, but ${manifest.version} is ` +
        `installed at ${directory}. Run: npm install ${NEEDED.get("convex")}`,
    );
  }

  /**
   * @param {string} path that a file with "use node" imports, such as `sharp` or `pkg/part`
   * @param {string} directory of that file
   * @param {boolean} isRequired by `require`, not by `import`
   * @returns {string | null} the file to load, null for what is to be in the bundle
   */
  findExternal(path, directory, isRequired) {
    if (isBuiltin(path)) return null;
    const name = /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;
    const { externalPackages } = this.settings;
    if (!externalPackages.includes(name) && !externalPackages.includes("*"))
      return null;
    const found = findPackage(name, directory);
    if (found === null) return null;
    const required = () =>
      createRequire(join(directory, "importer.js")).resolve(path);
    if (isRequired || found.manifest.exports === undefined) return required();
    try {
      return found.fileOf(`.${path.slice(name.length)}`);
    } catch {
      return required(); // a pattern of subpaths, which Node.js itself knows
    }
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
        `The npm package \`${name}\` is not installed for ${this.root}. Run there: ` +
          installing(name, declaredPackages(this.root)),
      );
    }
    return found;
  }
}

/**
 * `npm install --save-dev` takes a package out of the dependencies that a program has in production.
 *
 * @param {string} name of a package that is not installed
 * @param {Set<string>} declared
 * @returns {string} the command that installs it, and does not move what is declared
 */
function installing(name, declared) {
  if (declared.has(name)) return "npm install";
  if (name === "convex" && !declared.has("convex-test")) return INSTALL_HINT;
  return `${INSTALL} ${name === "convex" ? name : NEEDED.get(name)}`;
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

/**
 * @param {string} version
 * @param {string} minimum
 */
function isAtLeast(version, minimum) {
  const [given, needed] = [version, minimum].map((text) =>
    text.split(/[.+-]/, 3).map(Number),
  );
  const position = needed?.findIndex((part, index) => part !== given?.[index]);
  if (position === undefined || position < 0) return true;
  return (given?.[position] ?? 0) > (needed?.[position] ?? 0);
}
