import { inspect } from "node:util";

/** @typedef {import("./engines.mjs").Engine} Engine */

/**
 * What `sequences.mjs` describes, step by step in one engine. Results are such
 * that those of two engines can be compared: rows without their system fields,
 * `"refused"` for what throws, whatever its words.
 */
export class Run {
  #engine;
  /** By the label of the row. */
  #ids = {};
  /** By walk: the cursors at which its last page begins and ends. */
  #pages = [];

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  async step(step) {
    switch (step.kind) {
      case "mutate":
        return await this.#mutate(step);
      case "read":
        return await this.call("query", "engine:read", { plan: step.plan });
      case "search":
        return inAnyOrder(
          await this.call("query", "engine:read", { plan: step.plan }),
        );
      case "call":
        return await this.call(step.function, step.path, step.args);
      case "message":
        return await this.#hasMessage(step);
      case "page":
        return await this.#nextPage(step);
      case "refresh":
        return await this.#refresh(step);
      default:
        throw new Error(`There is no step ${step.kind}`);
    }
  }

  /**
   * Goes on with a walk to the end of the rows, which stays in its last page.
   *
   * @param {any} step the last one of the walk
   */
  async finishWalk(step) {
    const { start } = this.#pages[step.walk];
    const result = await this.#nextPage(step);
    this.#pages[step.walk].start = start;
    return result;
  }

  call(kind, path, args) {
    return this.#engine.run(kind, path, args).catch(() => "refused");
  }

  async #mutate({ operations, fails = false }) {
    const args = { operations, ids: this.#ids, fails };
    const outcome = await this.#engine
      .run("mutation", "engine:operate", args)
      .catch(({ data }) => JSON.parse(data));
    this.#ids = outcome.ids;
    return outcome.results;
  }

  async #hasMessage({ function: kind, path, args, text }) {
    const call = this.#engine.run(kind, path, args);
    return await call.then(
      () => false,
      ({ message }) => message.includes(text),
    );
  }

  async #nextPage({ walk, scan, options }) {
    const start = this.#pages[walk]?.end ?? null;
    const page = await this.#page(scan, { ...options, cursor: start });
    if (page === "refused") return page;
    const { continueCursor: end, splitCursor, ...result } = page;
    this.#pages[walk] = { start, end };
    return result;
  }

  /** The last page once more, up to where it ended. */
  async #refresh({ walk, scan }) {
    const { start: cursor, end: endCursor } = this.#pages[walk] ?? {};
    if (endCursor === undefined) return null;
    const options = { numItems: 1, cursor, endCursor };
    const page = await this.#page(scan, options);
    if (page === "refused") return page;
    const { continueCursor, splitCursor, ...result } = page;
    return result;
  }

  #page(scan, options) {
    const plan = { ...scan, end: "paginate", options };
    return this.call("query", "engine:read", { plan });
  }
}

/** Two lists with the same rows, in whatever order, become the same list. */
const inAnyOrder = (rows) =>
  rows.map((row) => inspect(row, { sorted: true, depth: null })).sort();
