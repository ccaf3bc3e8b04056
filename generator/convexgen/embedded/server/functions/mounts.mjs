/** A project and its components, each with functions and a database of its own. */

import { restoreDatabase, tableNumbers } from "../database/commits.mjs";
import { StartError, VIOLATED } from "../errors.mjs";
import { ROOT, functionPath } from "../calls/definitions.mjs";
import { functionAt } from "../jobs/scheduler.mjs";
import { functionSpec } from "../project/functionSpec.mjs";
import { shapesOf } from "../database/shapes.mjs";
import { Mount } from "./mount.mjs";
import { systemFunctions } from "./systemFunctions.mjs";

/**
 * @typedef {import("../database/commits.mjs").CommitRecord} CommitRecord
 * @typedef {import("./convexTest.mjs").Component} Component
 * @typedef {import("./mount.mjs").MountOptions} MountOptions
 * @typedef {import("./mount.mjs").PreparedCode} PreparedCode
 *
 * @typedef {Pick<MountOptions, "manager" | "library" | "functionsDirectory" | "timeouts" | "attribution" | "run">
 *   & OwnOptions} MountsOptions
 *
 * @typedef {object} OwnOptions
 * @property {{ [path: string]: Component }} components of convex-test
 * @property {(request: import("../identity/signing.mjs").SignOptions, componentPath: string) => string} sign
 * @property {() => string} origin of the server
 * @property {CommitRecord | null} initial the state to go on from
 * @property {Map<string, string>} jobFailures by id: the text of the error of jobs that have failed in it
 */

export class Mounts {
  /** By the path of the component. @type {Map<string, Mount>} */
  #mounts = new Map();
  #options;
  /** What an earlier host left; it goes to the mounts that it is of. @type {CommitRecord | null} */
  #initial;

  /** @param {MountsOptions} options */
  constructor(options) {
    this.#options = options;
    this.#initial = options.initial;
    this.root = this.#mount(ROOT);
  }

  /**
   * @param {string} componentPath
   * @returns {Mount | undefined}
   */
  get(componentPath) {
    return this.#mounts.get(componentPath);
  }

  /** By the path of the component. */
  get databases() {
    return new Map(
      [...this.#mounts].map(([path, { database }]) => [path, database]),
    );
  }

  /**
   * Puts other code in the place of what was there; data stays.
   *
   * @param {Map<string, PreparedCode>} prepared by the path of the component
   * @throws {StartError} before anything has changed
   */
  install(prepared) {
    for (const path of prepared.keys())
      if (!this.#mounts.has(path)) this.#mount(path);
    this.#checkSchemas(prepared);
    const { origin, jobFailures } = this.#options;
    for (const [path, mount] of this.#mounts) {
      const own = systemFunctions({
        database: mount.database,
        functionSpec: () => describeMount(mount),
        origin,
      });
      mount.install(prepared.get(path) ?? null, own, jobFailures);
    }
  }

  /** Jobs that have not begun never do. */
  close() {
    for (const mount of this.#mounts.values()) mount.close();
  }

  /** @returns {{ functions: object[] }} of the project's functions */
  functionSpec() {
    return describeMount(this.root);
  }

  /** @returns {{ [table: string]: object }} of what the documents of the project's tables have */
  shapes() {
    return shapesOf(this.root.database.tables);
  }

  /**
   * @param {Map<string, PreparedCode>} prepared
   * @throws {StartError} in the words of `npx convex dev`
   */
  #checkSchemas(prepared) {
    for (const [path, { schema }] of prepared) {
      const database = this.#mounts.get(path)?.database;
      const violation = database?.tables.findViolationOf(schema) ?? null;
      if (violation !== null) throw new StartError(`${VIOLATED}\n${violation}`);
    }
  }

  /**
   * A component exports its public functions alone.
   * Source: `resolve` in the backend's `model/src/components/mod.rs`.
   *
   * @param {string} reference such as `_reference/childComponent/counter/counts/read`
   * @param {string} caller the path of the component of the function that has it
   * @throws {Error}
   */
  #checkReference(reference, caller) {
    const { path, componentPath } = functionAt({ reference }, caller);
    const [, , child, ...attributes] = reference.split("/");
    const functions = this.#mounts.get(componentPath)?.functions;
    if (functions === undefined)
      throw new Error(`Child component "${child}" not found`);
    if (functions.get(functionPath(path))?.isPublic === false) {
      throw new Error(
        `Child component "${child}" does not export "${attributes.join("/")}"`,
      );
    }
  }

  /**
   * @param {string} componentPath
   * @returns {Mount} without code, with the data that an earlier host had for it
   */
  #mount(componentPath) {
    const { components, sign, origin, initial, jobFailures, ...shared } =
      this.#options;
    const mount = new Mount({
      ...shared,
      componentPath,
      signJwt: async (request) => sign(request, componentPath),
      tableNumbers: tableNumbers(this.#initial, componentPath),
      kindOf: (path, component) =>
        this.#mounts.get(component)?.functions.get(path)?.kind ?? null,
      checkReference: (reference) =>
        this.#checkReference(reference, componentPath),
    });
    if (this.#initial !== null)
      this.#initial = restoreDatabase(mount.database, this.#initial);
    this.#mounts.set(componentPath, mount);
    components[componentPath] = {
      db: mount.database,
      modules: async (path) => mount.module(path),
    };
    return mount;
  }
}

/** @param {Mount} mount */
function describeMount({ functions, router }) {
  return functionSpec(functions.values(), router);
}
