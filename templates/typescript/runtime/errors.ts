import type { Value } from "convex/values";

// ConvexgenError
// ├── NotFound          the entity to change is not there
// ├── AlreadyExists     the key is taken by different content
// ├── DuplicateKey      several documents have the key, of which one is to have it
// ├── Conflict          the entity is not in the state that the caller expected
// ├── NotCounted        an index is not counted in full: fill it
// ├── InvalidArgument   an argument or a setting cannot be used as it is
// ├── AccessDenied      the caller may not, or the function is not deployed
// ├── LimitExceeded     a limit of Convex: sizes, counts, nesting, work
// ├── Unavailable       the deployment could not be reached, or is overloaded
// ├── Timeout           no answer in time
// ├── Aborted           the signal of the call ended it
// └── ServerError       anything else that went wrong over there

/** How the message of a failed function begins; `ConvexClient` puts its name before. */
const REQUEST_ID = /^(?:\[CONVEX [^\]]*\] )?\[Request ID: (\w+)\]/;

export interface ErrorDetails {
  /** What was attempted, such as `get thread by ID "t1"`. */
  operation?: string | undefined;
  /** The data of the `ConvexError` that the function threw. */
  data?: Value | undefined;
  /** The original error. */
  cause?: unknown;
  /** Where it happened in a call for many items. */
  place?: Place | undefined;
  /** The operation of an atomic block that is at fault, from 0. */
  index?: number | undefined;
  /** Whether it may have happened all the same. */
  mayHaveRun?: boolean | undefined;
}

/** A place in a call for many items. */
export interface Place {
  /** The position among all that were given, where one is at fault. */
  index?: number | undefined;
  /** The batch that failed, from 1. */
  batch: number;
  /** How many were saved or deleted by the batches before. */
  done: number;
}

/** The root of everything that a store throws on purpose. */
export class ConvexgenError extends Error {
  override readonly name: string = "ConvexgenError";
  /** What is wrong and, where something can be done, what to do. */
  readonly reason: string;
  /** What was attempted; undefined before any call. */
  readonly operation: string | undefined;
  /** The data of the `ConvexError` that the function threw, if it did. */
  readonly data: Value | undefined;
  /**
   * Whether what was asked for may have happened all the same: an answer was
   * lost, of this attempt or of an earlier one, or it says nothing of that.
   * Where it is false, nothing of it has happened. Queries change nothing, so
   * that it is false of them.
   */
  readonly mayHaveRun: boolean;
  /** Of a call for many: the position of the one at fault, from 0, if one is. */
  readonly index: number | undefined;
  /** The name of the entity at fault, where it is known. */
  readonly entity: string | undefined;
  /** Its key. */
  readonly key: Record<string, Value> | undefined;
  /**
   * Of a call for many: the key of the item at `index`. The entity at fault may
   * be another one, such as what the item refers to.
   */
  readonly item: Record<string, Value> | undefined;
  /** Of a call for many: the batch that failed, from 1. `mayHaveRun` tells of it. */
  readonly batch: number | undefined;
  /** Of a call for many: how many the batches before saved or deleted. */
  readonly done: number | undefined;

  constructor(
    reason: string,
    {
      operation,
      data,
      cause,
      place,
      index,
      mayHaveRun = false,
    }: ErrorDetails = {},
  ) {
    const entity = member(data, "entity");
    const key = objectIn(data, "key");
    const item = objectIn(data, "item") ?? key;
    super(
      (operation === undefined ? reason : `Failed to ${operation}: ${reason}`) +
        (place === undefined ? "" : ` (${placed(place, item)})`),
      cause === undefined ? undefined : { cause },
    );
    this.mayHaveRun = mayHaveRun;
    this.index = place?.index ?? index;
    this.entity = typeof entity === "string" ? entity : undefined;
    this.key = key;
    this.item = item;
    this.batch = place?.batch;
    this.done = place?.done;
    this.reason = reason;
    this.operation = operation;
    this.data = data;
  }

  /**
   * What the logs of the deployment call the request that failed; undefined where
   * it said none. Convex says it of functions that fail.
   */
  get requestId(): string | undefined {
    const { cause } = this;
    return cause instanceof Error
      ? REQUEST_ID.exec(cause.message)?.[1]
      : undefined;
  }
}

/** The entity to change is not there. */
export class NotFound extends ConvexgenError {
  override readonly name = "NotFound";
}

/** The key, or a value declared unique, is taken by different content. */
export class AlreadyExists extends ConvexgenError {
  override readonly name = "AlreadyExists";
}

/**
 * Several documents have the key: other functions, an import or the dashboard
 * wrote them. Keep one, and delete the others by their IDs: `system.delete`.
 */
export class DuplicateKey extends ConvexgenError {
  override readonly name = "DuplicateKey";

  /** The IDs of the first of the documents. */
  get docIds(): string[] {
    const ids = member(this.data, "ids");
    return Array.isArray(ids) ? ids.map(String) : [];
  }
}

/** The entity is not in the state that the caller expected. */
export class Conflict extends ConvexgenError {
  override readonly name = "Conflict";
}

/** An argument, a change or a setting cannot be used as it is. */
export class InvalidArgument extends ConvexgenError {
  override readonly name = "InvalidArgument";
}

/** The caller may not do this, or the function is not deployed. */
export class AccessDenied extends ConvexgenError {
  override readonly name = "AccessDenied";
}

/**
 * An index has no full counts: documents were there before, or something else
 * wrote them. Count them: `system.fillCounts`, `system.refillCounts`.
 */
export class NotCounted extends ConvexgenError {
  override readonly name = "NotCounted";
}

/** A limit of Convex: sizes, counts, nesting, the work of one transaction. */
export class LimitExceeded extends ConvexgenError {
  override readonly name = "LimitExceeded";
}

/**
 * The deployment could not be reached, or refused work for now. `mayHaveRun`
 * says whether trying again may do it twice.
 */
export class Unavailable extends ConvexgenError {
  override readonly name = "Unavailable";
}

/** The deployment did not answer in time. `mayHaveRun` says whether it was asked. */
export class Timeout extends ConvexgenError {
  override readonly name = "Timeout";
}

/**
 * The signal of the call ended it; `cause` is the reason of the signal.
 * `mayHaveRun` says whether the deployment was asked.
 */
export class Aborted extends ConvexgenError {
  // The name by which libraries tell that it was asked for from what failed.
  override readonly name = "AbortError";
}

/** The deployment, or a function in it, failed or gave an answer that does not fit. */
export class ServerError extends ConvexgenError {
  override readonly name = "ServerError";
}

/** The same error, which says where in a call for many it happened. */
export function locate(
  error: ConvexgenError,
  place: Place,
  reason: string = error.reason,
): ConvexgenError {
  const { operation, data, cause, mayHaveRun } = error;
  const details = { operation, data, cause, place, mayHaveRun };
  return new (kindOf(error))(reason, details);
}

/** The same error, which says what was attempted, unless it does. */
export function attempted(
  error: ConvexgenError,
  operation: string,
): ConvexgenError {
  if (error.operation !== undefined) return error;
  const { reason, data, cause } = error;
  return new (kindOf(error))(reason, { operation, data, cause });
}

/** The same error, which says, in words or without, that this may have happened all the same. */
export function doubted(
  error: ConvexgenError,
  said: string = "the call may have run",
): ConvexgenError {
  if (error.mayHaveRun) return error;
  const { reason, operation, data, cause, index, batch, done } = error;
  const place =
    batch === undefined || done === undefined
      ? undefined
      : { index, batch, done };
  const details = { operation, data, cause, place, index, mayHaveRun: true };
  const words = said === "" ? "" : `; ${said}`;
  return new (kindOf(error))(`${reason}${words}`, details);
}

/** The same error, which says which operation of an atomic block is at fault. */
export function locateOperation(
  error: ConvexgenError,
  index: number,
  operation: string,
): ConvexgenError {
  const { reason, data, cause, mayHaveRun } = error;
  const details = { operation, data, cause, index, mayHaveRun };
  return new (kindOf(error))(reason, details);
}

function kindOf(
  error: ConvexgenError,
): new (reason: string, details: ErrorDetails) => ConvexgenError {
  return error.constructor as ReturnType<typeof kindOf>;
}

function placed(
  { index, batch, done }: Place,
  key: Record<string, Value> | undefined,
): string {
  const names = Object.entries(key ?? {}).map(
    ([name, value]) =>
      `${name} ${typeof value === "string" ? JSON.stringify(value) : JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one))}`,
  );
  const whose = names.length === 0 ? "" : ` (${names.join(", ")})`;
  const item = index === undefined ? "" : `item ${index}${whose}, `;
  return `${item}in batch ${batch}, after ${done} were done`;
}

function member(data: Value | undefined, name: string): Value | undefined {
  return isObject(data) ? data[name] : undefined;
}

function objectIn(
  data: Value | undefined,
  name: string,
): Record<string, Value> | undefined {
  const found = member(data, name);
  return isObject(found) ? found : undefined;
}

function isObject(value: Value | undefined): value is Record<string, Value> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ArrayBuffer)
  );
}

/** A value that breaks a rule, as the functions say it too. */
export function invalidArgument(
  path: string,
  problem: string,
): InvalidArgument {
  const message = `\`${path}\` ${problem}`;
  return new InvalidArgument(message, {
    data: { code: "InvalidArgument", message, path },
  });
}

/** What is wrong with a null that is written, or expected, where no document has one. */
export const NEVER_NULL =
  "is never null: where it is optional, leave it out, or update it to `UNSET`";

/** The path of a field of what is at a path. */
export function at(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
