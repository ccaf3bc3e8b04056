import type { Value } from "convex/values";

import { indexIn } from "./bulk.js";
import { type Call, encoded, requireOptions } from "./calls.js";
import { upsertOf } from "./changes.js";
import { type Client, decoded } from "./client.js";
import {
  ConvexgenError,
  InvalidArgument,
  LimitExceeded,
  locateOperation,
} from "./errors.js";
import type { CallOptions, Expecting, Upsert } from "./types.js";

/**
 * Each looks a document up, and a transaction reads so many index ranges at
 * most: https://docs.convex.dev/production/state/limits
 */
const MOST_OPERATIONS = 4096;

/** That of the function, beside those of the tables. */
const MODULE = "atomic";

/** The stores of a deployment as an atomic block has them: they collect. */
export type AtomicStorage<Stores> = {
  readonly [
    Name in keyof Stores as Stores[Name] extends Collects<unknown>
      ? Name
      : never
  ]: Stores[Name] extends Collects<infer Collected> ? Collected : never;
};

/** A store that has another one for atomic blocks. */
export interface Collects<Collected> {
  _collect: (operations: Operations) => Collected;
}

/** What builds the calls of an entity that write. */
interface WriteCalls<Entity, Input, Key> {
  /** What the functions call one. */
  readonly argument: string;
  keyIn: (source: Value) => Value;
  write: (
    verb: "create" | "save",
    input: Input,
    expected?: object,
  ) => Call<Entity>;
  replace: (key: Key, input: Input, expected?: object) => Call<Entity>;
  update: (
    key: Key,
    changes: object,
    expected: object | undefined,
  ) => Call<Entity>;
  upsert: (key: Key, changes: object, create: object) => Call<Entity>;
  remove: (key: Key, expected?: object) => Call<unknown>;
  expect: (key: Key, expected: object | undefined) => Call<null>;
  expectAbsent: (key: Key) => Call<null>;
}

/** What an operation of an atomic block gives, once the block has ended. */
export class Outcome<Result> {
  readonly #call: Call<Result>;
  #answer: Value | undefined;
  #decoded: { result: Result } | undefined;

  constructor(call: Call<Result>) {
    this.#call = call;
  }

  /**
   * What the same method of a store gives. Throws `InvalidArgument` before the
   * block has ended, and where it failed.
   */
  get result(): Result {
    if (this.#answer === undefined) {
      const reason =
        "there is no result: it is there when the atomic block has ended without an error";
      throw new InvalidArgument(reason, { operation: this.#call.operation });
    }
    this.#decoded ??= { result: decoded(this.#call, this.#answer) };
    return this.#decoded.result;
  }

  /** The block has ended, and gave this. */
  settle(answer: Value | undefined): void {
    this.#answer = answer ?? null;
  }
}

/** A write or a condition, as the function takes it. */
interface Operation {
  module: string;
  table: string;
  name: string;
  args: Value;
  key: Value;
  call: Call<unknown>;
  outcome: Outcome<unknown>;
}

/** The operations of one atomic block, in their order. */
export class Operations {
  readonly #given: Operation[] = [];
  #hasEnded = false;

  /** One more, with its arguments, and the key in them. */
  add<Result>(call: Call<Result>, args: Value, key: Value): Outcome<Result> {
    const { operation } = call;
    if (this.#hasEnded) {
      throw new InvalidArgument("the atomic block has ended", { operation });
    }
    const outcome = new Outcome(call);
    const [module = "", name = ""] = call.path.split(":");
    const table = module.slice(module.lastIndexOf("/") + 1);
    this.#given.push({ module, table, name, args, key, call, outcome });
    return outcome;
  }

  /** Takes no more. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Does them all in one transaction, all or none. */
  async run(client: Client, options: CallOptions): Promise<void> {
    const given = this.#given;
    if (given.length === 0) return;
    let answers: Record<string, Value>[];
    try {
      answers = await client.run(this.#call(), options);
    } catch (error) {
      throw this.#located(error);
    }
    for (const [index, { outcome, table }] of given.entries()) {
      outcome.settle(answers[index]?.[table]);
    }
  }

  #call(): Call<Record<string, Value>[]> {
    const given = this.#given;
    const operation = `do ${given.length} operations in one transaction`;
    if (given.length > MOST_OPERATIONS) {
      const reason = `Convex does at most ${MOST_OPERATIONS} in one: use several atomic blocks`;
      throw new LimitExceeded(reason, { operation });
    }
    const module = given[0]?.module ?? "";
    return {
      kind: "mutation",
      path: `${module.slice(0, module.lastIndexOf("/") + 1)}${MODULE}:apply`,
      encode: () => ({
        operations: given.map(({ table, name, args }) => ({
          [table]: { [name]: args },
        })),
      }),
      decode: (value) => value as Record<string, Value>[],
      operation,
      idempotent: this.#areIdempotent(),
    };
  }

  /**
   * Whether to do them twice is as good as once. Not where one needs what another
   * did, or tells whether it found what it deletes.
   */
  #areIdempotent(): boolean {
    const given = this.#given;
    const keys = given.map(({ module, key }) => readable([module, key]));
    return (
      given.every(({ call, name }) => call.idempotent && name !== "remove") &&
      new Set(keys).size === keys.length
    );
  }

  /** The error, which says which of the operations is at fault, if one is. */
  #located(error: unknown): unknown {
    if (!(error instanceof ConvexgenError)) return error;
    const index = indexIn(error);
    const failed = index === undefined ? undefined : this.#given[index];
    if (index === undefined || failed === undefined) return error;
    const place = `operation ${index} of ${this.#given.length} in one transaction`;
    return locateOperation(error, index, `${failed.call.operation}, ${place}`);
  }
}

/** Collects writes of an entity. What cannot be sent is refused at once. */
class Writes<Entity, Input extends object, Key> {
  protected readonly _operations: Operations;
  protected readonly _entity: WriteCalls<Entity, Input, Key>;

  constructor(operations: Operations, entity: WriteCalls<Entity, Input, Key>) {
    this._operations = operations;
    this._entity = entity;
  }

  /**
   * Deletes it with what it cascades to; false if it was not there.
   * `LimitExceeded` where one transaction does not delete all that.
   */
  delete(key: Key): Outcome<boolean> {
    return this._delete(this._entity.remove(key));
  }

  /** Goes on only where there is one with this key: else `NotFound`. */
  expect(key: Key): void {
    this._add(this._entity.expect(key, undefined));
  }

  protected _write(call: Call<Entity>): Outcome<Entity> {
    const { [this._entity.argument]: document = null, ...others } =
      encoded(call);
    const key = this._entity.keyIn(document);
    return this._operations.add(call, { document, ...others }, key);
  }

  protected _delete(call: Call<unknown>): Outcome<boolean> {
    return this._add({ ...call, decode: (value) => value === true });
  }

  protected _add<Result>(call: Call<Result>): Outcome<Result> {
    const args = encoded(call);
    return this._operations.add(call, args, this._entity.keyIn(args));
  }
}

/** Collects writes of an entity that fields of its own tell apart. */
export class KeyedWrites<Entity, Input extends object, Key> extends Writes<
  Entity,
  Input,
  Key
> {
  /** Inserts it. `AlreadyExists` if the key is taken by other content. */
  create(input: Input): Outcome<Entity> {
    return this._write(this._entity.write("create", input));
  }

  /** Inserts it, or replaces the one with its key. */
  save(input: Input): Outcome<Entity> {
    return this._write(this._entity.write("save", input));
  }

  /** Goes on only where there is none with this key: else `AlreadyExists`. */
  expectAbsent(key: Key): void {
    this._add(this._entity.expectAbsent(key));
  }
}

/** Collects changes of an entity with fields to update. */
class UpdatingWrites<
  Entity,
  Input extends object,
  Key,
  Changes extends object,
  Expected extends object,
> extends Writes<Entity, Input, Key> {
  /**
   * Deletes it with what it cascades to; false if it was not there, `Conflict`
   * if it is not as expected. `LimitExceeded` where one transaction does not
   * delete all that.
   */
  override delete(
    key: Key,
    options: Expecting<Expected> = {},
  ): Outcome<boolean> {
    const { expected } = requireOptions(options, "expected");
    return this._delete(this._entity.remove(key, expected));
  }

  /**
   * Changes the fields named: null writes null, `UNSET` removes. `NotFound` if
   * it is not there, `Conflict` if it is not as expected.
   */
  update(
    key: Key,
    changes: Changes,
    options: Expecting<Expected> = {},
  ): Outcome<Entity> {
    const { expected } = requireOptions(options, "expected");
    return this._add(this._entity.update(key, changes, expected));
  }

  /**
   * Goes on only where the one with this key has these fields: else `Conflict`;
   * `UNSET` expects that one is absent. `NotFound` where there is none.
   */
  override expect(key: Key, fields?: Expected): void {
    this._add(this._entity.expect(key, fields));
  }
}

/** Collects writes of an entity that has more fields than its key. */
export class UpdatableWrites<
  Entity,
  Input extends object,
  Key,
  Changes extends object,
  Expected extends object,
> extends UpdatingWrites<Entity, Input, Key, Changes, Expected> {
  /** Inserts it. `AlreadyExists` if the key is taken by other content. */
  create(input: Input): Outcome<Entity> {
    return this._write(this._entity.write("create", input));
  }

  /**
   * Inserts it, or replaces the one with its key. Where something is expected,
   * there is one: otherwise `NotFound`, or `Conflict`.
   */
  save(input: Input, options: Expecting<Expected> = {}): Outcome<Entity> {
    const { expected } = requireOptions(options, "expected");
    return this._write(this._entity.write("save", input, expected));
  }

  /**
   * Changes the fields that `set` names, or where there is none, makes one of the
   * key, of `create` and of `set`.
   */
  upsert(key: Key, given: Upsert<Changes, Input>): Outcome<Entity> {
    const { set = {}, create = {} } = upsertOf(given);
    const call = this._entity.upsert(key, set, create);
    const args = encoded(call);
    const { create: document = null } = args;
    return this._operations.add(call, args, this._entity.keyIn(document));
  }

  /** Goes on only where there is none with this key: else `AlreadyExists`. */
  expectAbsent(key: Key): void {
    this._add(this._entity.expectAbsent(key));
  }
}

/** Collects writes of an entity that its document IDs tell apart. */
export class KeylessWrites<Entity, Input extends object, Key> extends Writes<
  Entity,
  Input,
  Key
> {
  /** Inserts it. */
  create(input: Input): Outcome<Entity> {
    return this._write(this._entity.write("create", input));
  }

  /** Puts another one in the place of the one with this ID: `NotFound` if it is not there. */
  replace(id: Key, input: Input): Outcome<Entity> {
    return this._add(this._entity.replace(id, input));
  }
}

/** Collects writes of an entity that its document IDs tell apart, with fields to update. */
export class UpdatableKeylessWrites<
  Entity,
  Input extends object,
  Key,
  Changes extends object,
  Expected extends object,
> extends UpdatingWrites<Entity, Input, Key, Changes, Expected> {
  /** Inserts it. */
  create(input: Input): Outcome<Entity> {
    return this._write(this._entity.write("create", input));
  }

  /**
   * Puts another one in the place of the one with this ID: `NotFound` if it is not
   * there, `Conflict` if it is not as expected.
   */
  replace(
    id: Key,
    input: Input,
    options: Expecting<Expected> = {},
  ): Outcome<Entity> {
    const { expected } = requireOptions(options, "expected");
    return this._add(this._entity.replace(id, input, expected));
  }
}

function readable(value: Value): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === "bigint" ? `${one}n` : one,
  );
}
