import { isDeepStrictEqual } from "node:util";

import {
  type Answer,
  type Calls,
  HOLDERS,
  isNamed,
  type Kind,
  listed,
  named,
  REACHED,
  REFUSED,
} from "./calls.js";
import type {
  Caller,
  Document,
  Entity,
  Json,
  JsonObject,
  Matrix,
  Module,
  Row,
} from "./matrix.js";

/** More documents than a matrix has of an entity. */
const MANY = 1000;

/** Functions without rows, rows without functions, and callers of whom a row does not tell. */
export function unlisted(
  matrix: Matrix,
  functions: ReadonlyMap<string, Kind>,
): string[] {
  const told = new Set(matrix.rows.map((row) => row.function));
  const paths = [...functions.keys()];
  const existing = new Set(paths.map(moduleOf));
  const everybody = [...matrix.callers, ...HOLDERS].map((one) => one.name);
  const modules = [
    ...matrix.modules.map((one) => one.name),
    ...Object.keys(matrix.untold),
  ];
  return [
    ...paths
      .filter((path) => moduleOf(path).split("/").includes("viewer"))
      .filter((path) => !told.has(path) && !(moduleOf(path) in matrix.untold))
      .map((path) => `${path} has no row`),
    ...[...told]
      .filter((path) => !functions.has(path))
      .map((path) => `there is no ${path}`),
    ...modules
      .filter((module) => !existing.has(module))
      .map((module) => `there is no module ${module}`),
    ...matrix.rows
      .filter((row) => {
        const named = row.outcomes.flatMap((one) => one.to);
        return !isDeepStrictEqual(named.sort(), [...everybody].sort());
      })
      .map((row) => `${calling(row)} does not tell of each caller once`),
  ];
}

/** Callers who reach what they should not, or do not reach what they should. */
export async function strayed(
  matrix: Matrix,
  module: Module,
  calls: Calls,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [path, kind] of await calls.functions()) {
    if (moduleOf(path) !== module.name) continue;
    const name = path.slice(module.name.length + 1);
    const visibility =
      module.named[name] ?? (kind === "mutation" ? module.write : module.read);
    for (const caller of [...matrix.callers, ...HOLDERS]) {
      const mayReach =
        visibility === "public"
          ? caller.name !== "wrongKey"
          : caller.name === "key";
      const expected = mayReach ? REACHED : REFUSED;
      const found = await calls.reaches(caller, path, kind);
      if (found !== expected)
        wrong.push(`${path} for ${caller.name}: ${found}, not ${expected}`);
    }
  }
  return wrong;
}

/** Does what rows say, on documents that are there, and puts these back. */
export class Rows {
  readonly #matrix: Matrix;
  readonly #calls: Calls;
  /** The documents that are there, by name. */
  readonly #stored = new Map<string, JsonObject>();

  constructor(matrix: Matrix, calls: Calls) {
    this.#matrix = matrix;
    this.#calls = calls;
  }

  /** The callers who get something else, with what that is. */
  async wrong(row: Row, kind: Kind): Promise<string[]> {
    const module = moduleOf(row.function);
    const entity = only(this.#matrix.entities, (one) => one.users === module);
    for (const document of this.#matrix.documents)
      if ([entity.name, this.#matrix.members].includes(document.entity))
        await this.#store(document);
    const wrong: string[] = [];
    for (const { gives, to } of row.outcomes)
      for (const name of to) {
        const caller = only(
          [...this.#matrix.callers, ...HOLDERS],
          (one) => one.name === name,
        );
        const args = named(await this.#resolved(row.arguments));
        const answer = await this.#calls.by(caller, row.function, args, kind);
        const found = await this.#found(answer, row, entity, caller);
        if (!isDeepStrictEqual(found, gives))
          wrong.push(
            `${calling(row)} for ${name}: ${found.join("; ")}, not ${gives.join("; ")}`,
          );
      }
    return wrong;
  }

  /** Creates a document, after those that it refers to, where it is not there. */
  async #store({ name, entity: of, fields }: Document): Promise<JsonObject> {
    const stored = this.#stored.get(name);
    if (stored !== undefined) return stored;
    const entity = only(this.#matrix.entities, (one) => one.name === of);
    const given = await this.#resolved(fields);
    const created = await this.#create(entity, given);
    this.#stored.set(name, created);
    return created;
  }

  async #create(
    { module, argument, table }: Entity,
    fields: Json,
  ): Promise<JsonObject> {
    if (table !== null) return await this.#calls.insert(table, fields);
    const args = { [argument]: fields };
    const path = `${module}:create`;
    return named(await this.#calls.byKey(path, args, "mutation"));
  }

  /** A value, with IDs for the names of documents. */
  async #resolved(value: Json): Promise<Json> {
    if (Array.isArray(value)) {
      const found: Json[] = [];
      for (const one of value) found.push(await this.#resolved(one));
      return found;
    }
    if (!isNamed(value)) return value;
    const { $id: named } = value;
    if (named !== undefined) {
      const { documents } = this.#matrix;
      const stored = await this.#store(
        only(documents, (one) => one.name === named),
      );
      return stored["_id"] ?? null;
    }
    const found: JsonObject = {};
    for (const [name, one] of Object.entries(value))
      found[name] = await this.#resolved(one);
    return found;
  }

  /** What is stored of a document, as the key sees it. */
  async #now(
    { module, key, table }: Entity,
    document: JsonObject,
  ): Promise<JsonObject | null> {
    if (table !== null) {
      const there = await this.#calls.documents(table, MANY);
      return there.find((one) => one["_id"] === document["_id"]) ?? null;
    }
    const args = picked(document, key);
    const found = await this.#calls.byKey(`${module}:getById`, args);
    return found === null ? null : named(found);
  }

  async #remove(
    { module, key, table }: Entity,
    document: JsonObject,
  ): Promise<void> {
    if (table !== null) {
      await this.#calls.delete(table, document["_id"] ?? null);
      return;
    }
    const args = picked(document, key);
    await this.#calls.byKey(`${module}:remove`, args, "mutation");
  }

  /** Creates a document again that a row names and that is not there, or not as it was. */
  async #putBack(row: Row, entity: Entity): Promise<void> {
    for (const document of this.#matrix.documents) {
      const stored = this.#stored.get(document.name);
      if (stored === undefined || document.entity !== entity.name) continue;
      // What the identity fills of a key tells the rest.
      const given = named(await this.#resolved(row.arguments));
      const isNamed = entity.key.every(
        (name) => !(name in given) || given[name] === stored[name],
      );
      if (!isNamed) continue;
      const now = await this.#now(entity, stored);
      if (isDeepStrictEqual(now, stored)) continue;
      if (now !== null) await this.#remove(entity, now);
      this.#stored.delete(document.name);
      await this.#store(document);
    }
  }

  async #found(
    answer: Answer,
    row: Row,
    entity: Entity,
    caller: Caller,
  ): Promise<string[]> {
    if (answer.refusal !== undefined) return [answer.refusal];
    const { value } = answer;
    const seen: string[] = [];
    switch (row.result) {
      case "count":
        return [inAll(value)];
      case "rank":
        return [value === null ? "nothing" : "is there"];
      case "offsetPage":
      case "unorderedOffsetPage": {
        const { page, total } = named(value);
        for (const one of listed(page))
          seen.push(this.#seen(named(one), entity));
        if (row.result === "unorderedOffsetPage") seen.sort();
        return [...seen, inAll(total)];
      }
      case "page":
      case "unorderedPage":
        for (const one of listed(named(value)["page"]))
          seen.push(this.#seen(named(one), entity));
        break;
      case "list":
        for (const one of listed(value))
          seen.push(this.#seen(named(one), entity));
        break;
      case "document":
        if (value !== null) seen.push(this.#seen(named(value), entity));
        break;
      case "created":
        seen.push(await this.#created(named(value), entity, caller));
        await this.#remove(entity, named(value));
        break;
      case "updated": {
        const now = await this.#now(entity, named(value));
        seen.push(
          now === null ? "gone" : shown("updated", named(value), now, entity),
        );
        await this.#putBack(row, entity);
        break;
      }
      case "removal":
        if (named(value)["removed"] === true) {
          await this.#putBack(row, entity);
          seen.push("removed");
        } else seen.push("was not there");
    }
    if (seen.length === 0) return ["nothing"];
    return row.result === "page" ? seen : seen.sort();
  }

  /** The name of a document, and what is not seen of it. */
  #seen(value: JsonObject, entity: Entity): string {
    for (const [name, stored] of this.#stored)
      if (stored["_id"] === value["_id"])
        return shown(name, value, stored, entity);
    return "another one";
  }

  /** Whether what was created is the caller's. */
  async #created(
    value: JsonObject,
    entity: Entity,
    caller: Caller,
  ): Promise<string> {
    const now = await this.#now(entity, value);
    if (now === null) return "gone";
    for (const [field, source] of Object.entries(entity.filled))
      if (now[field] !== caller[source])
        return `created with ${field} ${JSON.stringify(now[field])}`;
    return shown("created", value, now, entity);
  }
}

function inAll(count: Json | undefined): string {
  return `${Number(count)} in all`;
}

/** A text with the fields that are stored and not seen. */
function shown(
  text: string,
  value: JsonObject,
  stored: JsonObject,
  { restricted }: Entity,
): string {
  const hidden = restricted.filter(
    (name) => name in stored && !(name in value),
  );
  const expected = Object.entries(stored).filter(
    ([name]) => !hidden.includes(name),
  );
  if (!isDeepStrictEqual(value, Object.fromEntries(expected)))
    return `${text}, altered`;
  return hidden.length > 0 ? `${text} without ${hidden.join(", ")}` : text;
}

function picked(document: JsonObject, names: string[]): JsonObject {
  return Object.fromEntries(
    names.map((name) => [name, document[name] ?? null]),
  );
}

function only<One>(among: readonly One[], is: (one: One) => boolean): One {
  const found = among.find(is);
  if (found === undefined) throw new Error("the matrix names what it has not");
  return found;
}

function moduleOf(path: string): string {
  return path.slice(0, path.indexOf(":"));
}

function calling(row: Row): string {
  return `${row.function} ${JSON.stringify(row.arguments)}`;
}
