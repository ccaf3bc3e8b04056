import { ConvexError, type Value } from "convex/values";

import { isObject } from "./values.js";

// Of an error thrown in production, only the data of a ConvexError reaches the
// caller: https://docs.convex.dev/functions/error-handling/application-errors

type Fields = Record<string, Value | undefined>;

type Failure = ConvexError<Record<string, Value>>;

/** `key` has the names of the key's fields, `given` their values. */
export function notFound(entity: string, key: object, given: Fields): Failure {
  return failure("NotFound", entity, Object.keys(key), given, "does not exist");
}

export function alreadyExists(
  entity: string,
  key: object,
  given: Fields,
): Failure {
  const problem = "already exists with different content";
  return failure("AlreadyExists", entity, Object.keys(key), given, problem);
}

/**
 * `fields` are unique, and another one has their values, of which errors tell
 * none that is sensitive.
 */
export function taken(
  entity: string,
  fields: string[],
  given: Fields,
  sensitive: string[] = [],
): Failure {
  const problem = "already exists";
  const told = Object.fromEntries(
    fields
      .filter((field) => !sensitive.includes(field))
      .map((field) => [field, given[field]]),
  );
  return failure("AlreadyExists", entity, fields, told, problem);
}

/** Several documents have a key; where `isCut`, there may be more. */
export function duplicateKey(
  entity: string,
  key: object,
  given: Fields,
  ids: string[],
  isCut: boolean,
): Failure {
  const count = isCut ? `${ids.length} or more` : `${ids.length}`;
  const problem =
    `is there ${count} times, as the documents ${ids.join(", ")}: ` +
    "keep one, and delete the others by their IDs (`system.delete`)";
  return failure("DuplicateKey", entity, Object.keys(key), given, problem, {
    ids,
  });
}

export function conflict(
  entity: string,
  key: object,
  given: Fields,
  field: string,
): Failure {
  const problem = `is not as expected: \`${field}\` differs`;
  return failure("Conflict", entity, Object.keys(key), given, problem);
}

/** Documents of a table refer to it, and are to be deleted before it. */
export function referredTo(
  entity: string,
  key: object,
  given: Fields,
  table: string,
): Failure {
  const problem = `cannot be deleted: documents of \`${table}\` refer to it`;
  return failure("Conflict", entity, Object.keys(key), given, problem);
}

/** One transaction cannot delete all that is deleted with it. */
export function notDeletable(
  entity: string,
  key: object,
  given: Fields,
): Failure {
  const problem =
    "cannot be deleted in an atomic block: more is deleted with it than one " +
    "transaction deletes. Delete it before the block";
  return failure("LimitExceeded", entity, Object.keys(key), given, problem);
}

/**
 * Fields of what is at a path refer to it; where one is sensitive, its key has
 * undefined.
 */
export function missingTarget(
  entity: string,
  key: Fields,
  path: string,
  [first, ...others]: [string, ...string[]],
): Failure {
  const place = at(path, first);
  const named = [place, ...others].map((field) => `\`${field}\``);
  const verb = others.length === 0 ? "refers" : "refer";
  const problem = `does not exist, and ${named.join(" and ")} ${verb} to it`;
  const told = Object.fromEntries(
    Object.entries(key).filter(([, value]) => value !== undefined),
  );
  return failure("NotFound", entity, Object.keys(key), told, problem, {
    path: place,
  });
}

export function unchangeable(
  entity: string,
  key: object,
  given: Fields,
  field: string,
): Failure {
  const problem = `cannot be given another \`${field}\`: it is immutable`;
  return failure("Conflict", entity, Object.keys(key), given, problem);
}

export function createdBefore(
  entity: string,
  key: object,
  given: Fields,
  field: string,
): Failure {
  const problem =
    `cannot be given another \`${field}\`, which was set when it was created: ` +
    "leave it out, or let the spec say `given: keep` of it";
  return failure("Conflict", entity, Object.keys(key), given, problem);
}

export function invalidArgument(path: string, problem: string): Failure {
  return new ConvexError({
    code: "InvalidArgument",
    message: `\`${path}\` ${problem}`,
    path,
  });
}

export function limitExceeded(
  message: string,
  data: Record<string, Value>,
): Failure {
  return new ConvexError({ code: "LimitExceeded", message, ...data });
}

/** Something else than these functions deleted a part of a large value. */
export function missingChunk(id: string): Failure {
  return new ConvexError({
    code: "MissingChunk",
    message:
      `a part of a large value, the document ${id} of \`jsonChunks\`, was ` +
      "deleted: save the entity whole, or delete it",
    id,
  });
}

/** A size for a message. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(2)} MiB`;
}

/** The path of a field of what is at a path. */
export function at(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function failure(
  code: string,
  entity: string,
  names: string[],
  given: Fields,
  problem: string,
  data: Record<string, Value> = {},
): Failure {
  const told = names.filter((field) => field in given);
  const key = values(told, given);
  const name = names.map((field) =>
    field in key ? `${field} ${describe(key[field])}` : `this ${field}`,
  );
  return new ConvexError({
    code,
    message: `${entity} with ${name.join(" and ")} ${problem}`,
    entity,
    key,
    ...data,
  });
}

/**
 * Lets what fails say which of several items it is about; `key` has the names
 * of its key's fields, `given` their values. What the message is about may be
 * another one, such as what it refers to.
 */
export async function ofItem<Result>(
  index: number,
  outcome: Promise<Result>,
  key: object = {},
  given: Fields = {},
): Promise<Result> {
  try {
    return await outcome;
  } catch (error) {
    if (error instanceof ConvexError) {
      const data = error.data as Value;
      const names = Object.keys(key).filter((name) => name in given);
      const item = values(names, given);
      const [about, own] = names.length === 0 ? [] : [{ key: item }, { item }];
      if (isObject(data)) {
        throw new ConvexError({ ...about, ...data, ...own, index });
      }
    }
    throw error;
  }
}

function values(names: string[], given: Fields): Record<string, Value> {
  return Object.fromEntries(
    names.map((field): [string, Value] => [field, given[field] ?? null]),
  );
}

function describe(value: Value | undefined): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
