import type { Value } from "convex/values";

import {
  type AtomicStorage,
  type Collects,
  KeyedWrites,
  KeylessWrites,
  Operations,
  UpdatableKeylessWrites,
  UpdatableWrites,
} from "./atomic.js";
import {
  type Arguments,
  type Call,
  fieldsOf,
  type PagedCall,
  refuseUndefined,
  requireCallOptions,
  requireGiven,
  requireFields,
  requireKnown,
  requireOptions,
  requireWhole,
} from "./calls.js";
import { Bulk } from "./bulk.js";
import { changesOf, upsertOf } from "./changes.js";
import { type Check, requireSearchable } from "./checks.js";
import {
  type BulkRemoval,
  type Clearing,
  Client,
  type ClientOptions,
  type Loading,
  type Removal,
} from "./client.js";
import {
  type Codec,
  isPlainObject,
  requireStorable,
  setByTheBackend,
  writtenOf,
} from "./codecs.js";
import { changedRecords, splitChanges } from "./entries.js";
import { deploymentFromEnvironment } from "./environment.js";
import { at, InvalidArgument, locate, LimitExceeded } from "./errors.js";
import { FilteredQuery } from "./filteredQueries.js";
import { encodeWhere, requireFindable } from "./filters.js";
import { Functions } from "./functions.js";
import {
  type Found,
  type Include,
  isIncluding,
  type Relations,
  withRelated,
} from "./including.js";
import {
  Increment,
  incremented,
  type NumberFields,
  splitIncrements,
} from "./increments.js";
import { mayBeNull, type Nulls, requireNullable } from "./nulls.js";
import {
  CountedWindowedQuery,
  type WindowCalls,
  WindowedQuery,
} from "./windowedQueries.js";
import { CountedQuery, type Counts, Query, SearchQuery } from "./queries.js";
import { boundTo, SnapshotClient, type SnapshotStorage } from "./snapshots.js";
import type { Subscription } from "./subscriptions.js";
import { isObject } from "./values.js";
import {
  type Around,
  type BulkOptions,
  type CallOptions,
  type Expecting,
  type Order,
  type QueryOptions,
  type Range,
  type SaveManyOptions,
  type Scored,
  UNSET,
  type Unset,
  type Update,
  type Upsert,
} from "./types.js";

/** What a field is compared with; where it is undefined, with nothing. */
type Compared = Value | object | Unset | undefined;

/** What a store knows of its entity. */
export interface EntityDescription {
  /** As it stands in messages: "workflow run". */
  words: string;
  /** The module of its functions. */
  module: string;
  /** The argument of `save`; with an "s", that of `saveMany`. */
  argument: string;
  key: readonly string[];
  /** True where its document IDs are the key. */
  isKeyless?: boolean;
  /** Those that are written, of all variants. */
  fields: readonly string[];
  optional: readonly string[];
  /** Those that nobody leaves out, of no variant. */
  required: readonly string[];
  /** Where it is not those: also the fields that only some variants have. */
  mayBeAbsent?: readonly string[];
  /** Those where null is a value, or in it. */
  nullable?: Readonly<Record<string, Nulls>>;
  /** The fields that an update may add to, with what a new one counts from. */
  numbers?: NumberFields | undefined;
  /** What the backend alone sets. */
  setByBackend: readonly string[];
  /** The records whose entries are documents of their own. */
  entries?: readonly string[];
  /** What stands in no message. */
  sensitive: readonly string[];
  check: Check | undefined;
  codec: Codec | undefined;
  /** How many one call of `saveMany` takes, where it is less than usual. */
  documentsPerCall?: number | undefined;
  /** The codec of some fields without the tag that tells variants apart. */
  partialCodec?: Codec | undefined;
  /** What documents may come with. */
  relations?: Relations | undefined;
}

/** What reads the documents of an entity, which may be described later. */
export function decoderOf(
  description: () => EntityDescription,
): (document: Value) => unknown {
  return (document) => description().codec?.decode(document) ?? document;
}

/** The operations on one entity. */
export class Store<
  Entity,
  Input extends object,
  Key,
  Changes extends object = never,
  Related extends object = object,
> {
  protected readonly _client: Client;
  protected readonly _entity: EntityCalls<Entity, Input, Key>;
  /** That a snapshot has it. @internal */
  readonly _isRead = true;

  constructor(client: Client, description: EntityDescription) {
    this._client = client;
    this._entity = new EntityCalls(description);
  }

  /** The one with this key, or null; with `include`, with what that names. */
  async get<Name extends keyof Related = never>(
    key: Key,
    options: CallOptions & Include<Name> = {},
  ): Promise<Found<Entity, Related, Name> | null> {
    const { include, ...others } = requireCallOptions(options, "include");
    return await this._client.run(this._entity.get(key, include), others);
  }

  /** In the order of the keys, with null for those that are not there. */
  async getMany<Name extends keyof Related = never>(
    keys: Iterable<Key>,
    options: CallOptions & Include<Name> = {},
  ): Promise<(Found<Entity, Related, Name> | null)[]> {
    const { include, ...others } = requireCallOptions(options, "include");
    return await this._client.runChunked(
      (chunk) =>
        this._entity.getMany<Found<Entity, Related, Name>>(chunk, include),
      this._entity.keys(keys, "get"),
      others,
    );
  }

  /** The one with this key, now and whenever it changes, with what `include` names. */
  watch<Name extends keyof Related = never>(
    key: Key,
    options: CallOptions & Include<Name> = {},
  ): Subscription<Found<Entity, Related, Name> | null> {
    const { include, ...others } = requireCallOptions(options, "include");
    return this._client.watch(this._entity.get(key, include), others);
  }

  /** All, in the order of creation; with `include`, each with what that names. */
  list<Name extends keyof Related = never>(
    options: Include<Name> & QueryOptions = {},
  ): Query<Found<Entity, Related, Name>, Changes> {
    const { order, include } = requireOptions(options, "order", "include");
    return this._query("list", {}, {}, order, include);
  }

  /**
   * Deletes it with what it cascades to. False if it was not there, undefined if
   * that is not known: the answer to an earlier attempt was lost.
   */
  async delete(
    key: Key,
    options: CallOptions = {},
  ): Promise<boolean | undefined> {
    const call = this._entity.remove(key);
    return await this._client.runUntilDone(call, call, options);
  }

  /**
   * Deletes them with what they cascade to. Returns how many were there,
   * undefined if that is not known: the answer to an earlier attempt was lost.
   */
  async deleteMany(
    keys: Iterable<Key>,
    options: BulkOptions = {},
  ): Promise<number | undefined> {
    return await this._client.removeMany(
      (chunk) => this._entity.removeMany(chunk),
      (one) => this._entity.removeStored(one),
      this._entity.keys(keys, "delete"),
      options,
    );
  }

  /** Deletes all, without cascades. Returns how many there were, as `deleteMany` does. */
  async clear(options: BulkOptions = {}): Promise<number | undefined> {
    return await this._client.clear(this._entity.clear(), options);
  }

  protected async _getBy(
    name: string,
    equal: Record<string, Compared>,
    options: CallOptions,
  ): Promise<Entity | null> {
    return await this._client.run(this._entity.getBy(name, equal), options);
  }

  protected async _getByDocId(
    id: string,
    options: CallOptions,
  ): Promise<Entity | null> {
    return await this._client.run(this._entity.getByDocId(id), options);
  }

  protected _watchByDocId(
    id: string,
    options: CallOptions,
  ): Subscription<Entity | null> {
    return this._client.watch(this._entity.getByDocId(id), options);
  }

  protected async _writeMany(
    verb: "create" | "save",
    inputs: AsyncIterable<Input> | Iterable<Input>,
    options: SaveManyOptions,
  ): Promise<number> {
    const { concurrency, ...others } = requireCallOptions(
      options,
      "concurrency",
      "progress",
    );
    return await this._client.saveMany(
      (documents) => this._entity.writeMany(verb, documents),
      this._entity.documents(verb, inputs),
      this._entity.loading(concurrency),
      others,
    );
  }

  protected _query<Name extends keyof Related = never>(
    name: string,
    equal: Record<string, Compared>,
    bounds: Record<string, unknown>,
    order: Order | undefined,
    include?: readonly Name[],
  ): Query<Found<Entity, Related, Name>, Changes> {
    const call = this._entity.query(name, equal, bounds, order);
    return new Query(this._client, this._entity.including(call, include));
  }

  protected _counted<Name extends keyof Related = never>(
    name: string,
    equal: Record<string, Compared>,
    bounds: Record<string, unknown>,
    order: Order | undefined,
    include?: readonly Name[],
  ): CountedQuery<Found<Entity, Related, Name>, Key, Changes> {
    const alone = this._entity.query(name, equal, bounds, order);
    const call = this._entity.including<Found<Entity, Related, Name>>(
      alone,
      include,
    );
    const counts = this._entity.counts(name, call);
    return new CountedQuery(this._client, call, counts);
  }

  protected _windowed(
    name: string,
    equal: Record<string, Compared>,
    bounds: Record<string, unknown>,
    order: Order | undefined,
  ): WindowedQuery<Entity, Key, Changes> {
    const call = this._entity.query(name, equal, bounds, order);
    const windows = this._entity.windows(name, Object.keys(equal), call);
    return new WindowedQuery(this._client, call, windows);
  }

  protected _countedWindowed(
    name: string,
    equal: Record<string, Compared>,
    bounds: Record<string, unknown>,
    order: Order | undefined,
  ): CountedWindowedQuery<Entity, Key, Changes> {
    const call = this._entity.query(name, equal, bounds, order);
    const counts = this._entity.counts(name, call);
    const windows = this._entity.windows(name, Object.keys(equal), call);
    return new CountedWindowedQuery(this._client, call, counts, windows);
  }

  /** `names` has those of all conditions, `json` of those that are about paths. */
  protected _filtered<Name extends keyof Related = never>(
    name: string,
    equal: Record<string, Compared>,
    where: object | undefined,
    names: readonly string[],
    json: readonly string[],
    order: Order | undefined,
    include?: readonly Name[],
  ): FilteredQuery<Found<Entity, Related, Name>> {
    const call = this._entity.filtered(name, equal, where, names, json, order);
    return new FilteredQuery(
      this._client,
      this._entity.including(call, include),
    );
  }

  /** `field` is what is searched. */
  protected _search(
    name: string,
    field: string,
    search: string,
    args: Record<string, Compared>,
  ): SearchQuery<Entity> {
    const call = this._entity.search(name, search, args);
    const shown = this._entity.shown(name, { search, ...args }, field);
    return new SearchQuery(this._client, call, shown);
  }

  protected async _nearest(
    name: string,
    vector: number[],
    args: Record<string, Compared>,
    options: CallOptions,
  ): Promise<Scored<Entity>[]> {
    const call = this._entity.nearest(name, vector, args);
    // Its own are arguments.
    const { signal, timeout } = options;
    return await this._client.run(call, { signal, timeout });
  }
}

/** The operations on an entity that fields of its own tell apart. */
export class KeyedStore<
  Entity,
  Input extends object,
  Key,
  Changes extends object = never,
  Related extends object = object,
> extends Store<Entity, Input, Key, Changes, Related> {
  /**
   * Inserts it; a repeat is harmless. `AlreadyExists` if the key is taken by
   * other content.
   */
  async create(input: Input, options: CallOptions = {}): Promise<Entity> {
    const call = this._entity.write("create", input);
    return await this._client.run(call, options);
  }

  /** Inserts it, or replaces the one with its key. */
  async save(input: Input, options: CallOptions = {}): Promise<Entity> {
    return await this._client.run(this._entity.write("save", input), options);
  }

  /** Saves them in batches, each all or none. Returns how many were saved. */
  async saveMany(
    inputs: AsyncIterable<Input> | Iterable<Input>,
    options: SaveManyOptions = {},
  ): Promise<number> {
    return await this._writeMany("save", inputs, options);
  }

  /** What an atomic block has in its place. @internal */
  _collect(operations: Operations): KeyedWrites<Entity, Input, Key> {
    return new KeyedWrites(operations, this._entity);
  }
}

/** The operations on an entity with fields to update. */
class UpdatingStore<
  Entity,
  Input extends object,
  Key,
  Changes extends object,
  Expected extends object,
  Related extends object = object,
> extends Store<Entity, Input, Key, Changes, Related> {
  /**
   * Deletes it with what it cascades to. False if it was not there, `Conflict` if
   * it is not as expected. Undefined if it is not known whether it was there: the
   * answer to an earlier attempt was lost.
   */
  override async delete(
    key: Key,
    options: CallOptions & Expecting<Expected> = {},
  ): Promise<boolean | undefined> {
    const { expected, ...others } = requireCallOptions(options, "expected");
    const first = this._entity.remove(key, expected);
    const call = this._entity.remove(key);
    return await this._client.runUntilDone(call, first, others);
  }

  /**
   * Changes the fields named: null writes null, `UNSET` removes. `NotFound` if
   * it is not there, `Conflict` if it is not as expected.
   */
  async update(
    key: Key,
    changes: Changes,
    options: CallOptions & Expecting<Expected> = {},
  ): Promise<Entity> {
    const { expected, ...others } = requireCallOptions(options, "expected");
    const call = this._entity.update(key, changes, expected);
    return await this._client.run(call, others);
  }

  /**
   * Changes several in one transaction, all or none. One that is not there is
   * `NotFound`, or null in the result where `missing` is "skip".
   */
  async updateMany(
    updates: Iterable<Update<Key, Changes, Expected>>,
    options: CallOptions & { missing?: "skip" | "error" } = {},
  ): Promise<(Entity | null)[]> {
    const { missing = "error", ...others } = requireCallOptions(
      options,
      "missing",
    );
    return await new Bulk().request(async () => {
      const call = this._entity.updateMany(updates, missing);
      return await this._client.run(call, others);
    });
  }
}

/** The operations on an entity that has more fields than its key. */
export class UpdatableStore<
  Entity,
  Input extends object,
  Key,
  Changes extends object,
  Expected extends object,
  Related extends object = object,
> extends UpdatingStore<Entity, Input, Key, Changes, Expected, Related> {
  /**
   * Inserts it; a repeat is harmless. `AlreadyExists` if the key is taken by
   * other content.
   */
  async create(input: Input, options: CallOptions = {}): Promise<Entity> {
    const call = this._entity.write("create", input);
    return await this._client.run(call, options);
  }

  /**
   * Inserts it, or replaces the one with its key. Where something is expected,
   * there is one: otherwise `NotFound`, or `Conflict`.
   */
  async save(
    input: Input,
    options: CallOptions & Expecting<Expected> = {},
  ): Promise<Entity> {
    const { expected, ...others } = requireCallOptions(options, "expected");
    const call = this._entity.write("save", input, expected);
    return await this._client.run(call, others);
  }

  /** Saves them in batches, each all or none. Returns how many were saved. */
  async saveMany(
    inputs: AsyncIterable<Input> | Iterable<Input>,
    options: SaveManyOptions = {},
  ): Promise<number> {
    return await this._writeMany("save", inputs, options);
  }

  /**
   * Changes the fields that `set` names, or where there is none, makes one of the
   * key, of `create` and of `set`.
   */
  async upsert(
    key: Key,
    given: Upsert<Changes, Input>,
    options: CallOptions = {},
  ): Promise<Entity> {
    const { set = {}, create = {} } = upsertOf(given);
    const call = this._entity.upsert(key, set, create);
    return await this._client.run(call, options);
  }

  /** What an atomic block has in its place. @internal */
  _collect(
    operations: Operations,
  ): UpdatableWrites<Entity, Input, Key, Changes, Expected> {
    return new UpdatableWrites(operations, this._entity);
  }
}

/** The operations on an entity that its document IDs tell apart. */
export class KeylessStore<
  Entity,
  Input extends object,
  Key,
  Changes extends object = never,
  Related extends object = object,
> extends Store<Entity, Input, Key, Changes, Related> {
  /** Inserts it, and gives it with its `_id`. */
  async create(input: Input, options: CallOptions = {}): Promise<Entity> {
    const call = this._entity.write("create", input);
    return await this._client.run(call, options);
  }

  /** Inserts them in batches, each all or none. Returns how many there were. */
  async createMany(
    inputs: AsyncIterable<Input> | Iterable<Input>,
    options: BulkOptions = {},
  ): Promise<number> {
    return await this._writeMany("create", inputs, options);
  }

  /** Puts another one in the place of the one with this ID: `NotFound` if it is not there. */
  async replace(
    id: Key,
    input: Input,
    options: CallOptions = {},
  ): Promise<Entity> {
    return await this._client.run(this._entity.replace(id, input), options);
  }

  /** What an atomic block has in its place. @internal */
  _collect(operations: Operations): KeylessWrites<Entity, Input, Key> {
    return new KeylessWrites(operations, this._entity);
  }
}

/** The operations on an entity that its document IDs tell apart, with fields to update. */
export class UpdatableKeylessStore<
  Entity,
  Input extends object,
  Key,
  Changes extends object,
  Expected extends object,
  Related extends object = object,
> extends UpdatingStore<Entity, Input, Key, Changes, Expected, Related> {
  /** Inserts it, and gives it with its `_id`. */
  async create(input: Input, options: CallOptions = {}): Promise<Entity> {
    const call = this._entity.write("create", input);
    return await this._client.run(call, options);
  }

  /** Inserts them in batches, each all or none. Returns how many there were. */
  async createMany(
    inputs: AsyncIterable<Input> | Iterable<Input>,
    options: BulkOptions = {},
  ): Promise<number> {
    return await this._writeMany("create", inputs, options);
  }

  /**
   * Puts another one in the place of the one with this ID: `NotFound` if it is not
   * there, `Conflict` if it is not as expected.
   */
  async replace(
    id: Key,
    input: Input,
    options: CallOptions & Expecting<Expected> = {},
  ): Promise<Entity> {
    const { expected, ...others } = requireCallOptions(options, "expected");
    const call = this._entity.replace(id, input, expected);
    return await this._client.run(call, others);
  }

  /** What an atomic block has in its place. @internal */
  _collect(
    operations: Operations,
  ): UpdatableKeylessWrites<Entity, Input, Key, Changes, Expected> {
    return new UpdatableKeylessWrites(operations, this._entity);
  }
}

/** The operations on an entity with records whose entries are documents of their own. */
export class EntriesStore<
  Entity,
  Input extends object,
  Key,
  Changes extends object,
  Expected extends object,
  Entries extends object,
  Related extends object = object,
> extends UpdatableStore<Entity, Input, Key, Changes, Expected, Related> {
  /**
   * Writes the entries named, and no others: `UNSET` removes one. Many may do so
   * at once. `NotFound` if it is not there.
   */
  async updateEntries(
    key: Key,
    changes: Entries,
    options: CallOptions = {},
  ): Promise<void> {
    await this._client.run(this._entity.updateEntries(key, changes), options);
  }
}

/** Builds the calls of an entity. */
export class EntityCalls<Entity, Input extends object, Key> {
  readonly #description: EntityDescription;

  constructor(description: EntityDescription) {
    this.#description = description;
  }

  readonly #decode = (value: Value): Entity => {
    const { codec } = this.#description;
    return (codec?.decode(value) ?? value) as Entity;
  };

  /** What the functions call one. */
  get argument(): string {
    return this.#description.argument;
  }

  /** The key that arguments have, or a document. */
  keyIn(source: Value): Value {
    return pick(source, this.#description.key);
  }

  /** With what is asked for, it has another type than `Entity`. */
  get<Result = Entity>(
    key: Key,
    include?: readonly PropertyKey[],
  ): Call<Result | null> {
    const operation = this.#byKey("get", "by", key);
    if (this.#isIncluding(include, operation)) {
      const encode = () => [this.#key(key) as Value];
      const many = this.#getIncluding(encode, include, operation);
      return {
        ...many,
        decode: (value) => (many.decode(value)[0] ?? null) as Result | null,
      };
    }
    return {
      kind: "query",
      path: this.#path("getById"),
      encode: () => this.#key(key),
      decode: (value) =>
        (value === null ? null : this.#decode(value)) as Result | null,
      operation,
      idempotent: true,
    };
  }

  /** The one that has some values. */
  getBy(name: string, equal: Record<string, Compared>): Call<Entity | null> {
    const operation = `get ${this.#description.words}${this.#by(equal)}`;
    const args = attempt(operation, () => {
      const found = this.#arguments(equal, {}, undefined);
      for (const [field, value] of Object.entries(equal)) {
        if (value !== null && value !== UNSET) continue;
        const many = value === null ? "have that" : "be without it";
        const problem = `is ${describe(value)}, and many may ${many}`;
        throw new InvalidArgument(`\`${field}\` ${problem}`);
      }
      return found;
    });
    return {
      kind: "query",
      path: this.#path(name),
      encode: () => args,
      decode: (value) => (value === null ? null : this.#decode(value)),
      operation,
      idempotent: true,
    };
  }

  getByDocId(id: string): Call<Entity | null> {
    return {
      kind: "query",
      path: this.#path("getByDocId"),
      encode: () => {
        requireThere("id", id);
        return { id };
      },
      decode: (value) => (value === null ? null : this.#decode(value)),
      operation: `get ${this.#description.words} by document ID ${describe(id)}`,
      idempotent: true,
    };
  }

  /** Those with these keys; with what is asked for, of another type. */
  getMany<Result = Entity>(
    keys: Value[],
    include?: readonly PropertyKey[],
  ): Call<(Result | null)[]> {
    const operation = this.#ofMany("get");
    if (this.#isIncluding(include, operation)) {
      const many = this.#getIncluding(() => keys, include, operation);
      return many as Call<(Result | null)[]>;
    }
    return {
      kind: "query",
      path: this.#path("getByIds"),
      encode: () => ({ keys }),
      decode: (value) => this.#all(value as Value[]) as (Result | null)[],
      operation,
      idempotent: true,
    };
  }

  #getIncluding(
    encode: () => Value[],
    include: readonly string[],
    operation: string,
  ): Call<unknown[]> {
    return {
      kind: "query",
      path: this.#path("getIncluding"),
      encode: () => ({ keys: encode(), include: [...include] }),
      decode: (value) => {
        const { documents, included } = value as {
          documents: Value[];
          included: Value;
        };
        return this.#withRelated(documents, included);
      },
      operation,
      idempotent: true,
    };
  }

  /** A query whose entities come with what is asked for. */
  including<Result>(
    call: PagedCall<Entity>,
    include: readonly PropertyKey[] | undefined,
  ): PagedCall<Result> {
    const found = call as unknown as PagedCall<Result>;
    if (!this.#isIncluding(include, call.operation)) return found;
    const decode = (page: Value[], included: Value) =>
      this.#withRelated(page, included) as Result[];
    return { ...found, including: { include, decode } };
  }

  #isIncluding(
    include: readonly PropertyKey[] | undefined,
    operation: string,
  ): include is readonly string[] {
    const { relations = {} } = this.#description;
    return attempt(operation, () => isIncluding(include, relations));
  }

  #all(documents: Value[]): (Entity | null)[] {
    return documents.map((one) => (one === null ? null : this.#decode(one)));
  }

  #withRelated(documents: Value[], included: Value): unknown[] {
    const { relations = {} } = this.#description;
    return withRelated(this.#all(documents), included, relations);
  }

  /** A query that an index serves: on some values, within some bounds. */
  query(
    name: string,
    equal: Record<string, Compared>,
    bounds: Record<string, unknown>,
    order: Order | undefined,
  ): PagedCall<Entity> {
    const operation = this.#ofMany("list") + this.#by(equal);
    return {
      path: this.#path(name),
      args: attempt(operation, () => this.#arguments(equal, bounds, order)),
      decode: this.#decode,
      operation,
      shown: this.shown(name, { ...equal, ...bounds, order }),
      changes: (changes) => this.#changes(changes, ""),
      ...(this.#description.isKeyless === true
        ? {}
        : { copiedKey: (key: object) => this.#copiedKey(key) }),
    };
  }

  /** Such as ` by thread ID "t1"`, but for what stands in no message. */
  #by(equal: Record<string, Compared>): string {
    const shown = Object.entries(equal)
      .filter(([field]) => !this.#description.sensitive.includes(field))
      .map(([field, value]) => `${words(field)} ${describe(value)}`);
    return shown.length === 0 ? "" : ` by ${shown.join(" and ")}`;
  }

  /** What the keys of copies have. */
  #copiedKey(given: object): Record<string, Value> {
    const { key } = this.#description;
    const fields = fieldsOf(given, "key");
    const found: Record<string, Value> = {};
    for (const [name, value] of Object.entries(fields)) {
      if (!key.includes(name)) {
        const problem = `is not of the key: ${key.join(", ")}`;
        throw new InvalidArgument(`\`${name}\` ${problem}`);
      }
      if (value === undefined) continue;
      if (value === null) {
        throw new InvalidArgument(
          `\`${name}\` is null, and it is always there`,
        );
      }
      if (isPlainObject(value)) requireKnown(value, ["prefix", "random"], name);
      found[name] = value;
    }
    if (Object.keys(found).length === 0) {
      const problem = "says nothing of the keys of copies";
      throw new InvalidArgument(`\`key\` ${problem}: ${key.join(", ")}`);
    }
    requireStorable(found, "");
    return found;
  }

  /** The calls over the windows of a query. */
  windows(
    name: string,
    equal: readonly string[],
    query: PagedCall<Entity>,
  ): WindowCalls<Entity, Key> {
    const { operation, args } = query;
    const asked = { kind: "query", operation, idempotent: true } as const;
    const encode = (around: readonly Around<Key>[]) =>
      fewAround(around).map(({ key, before = 0, after = 0 }) => ({
        key: this.#key(key),
        before,
        after,
      }));
    const decode = (value: Value) =>
      (value as (StoredWindow | null)[]).map((one) =>
        one === null
          ? one
          : {
              before: one.before.map(this.#decode),
              item: this.#decode(one.document),
              after: one.after.map(this.#decode),
            },
      );
    return {
      many: (around) => ({
        ...asked,
        path: this.#path(`${name}Around`),
        encode: () => ({
          ...pick(args, [...equal, "order"]),
          around: encode(around),
        }),
        decode,
      }),
      page: (offset, limit, around) => ({
        ...asked,
        path: this.#path(`${name}Page`),
        encode: () => ({
          ...args,
          ...placed(offset, limit),
          around: encode(around),
        }),
        decode: (value) => {
          const found = value as {
            page: Value[];
            total: number;
            windows: Value;
          };
          return {
            items: found.page.map(this.#decode),
            total: found.total,
            windows: decode(found.windows),
          };
        },
      }),
    };
  }

  /** A query with conditions: on some values, and on what `where` says. */
  filtered(
    name: string,
    equal: Record<string, Compared>,
    where: object | undefined,
    names: readonly string[],
    json: readonly string[],
    order: Order | undefined,
  ): PagedCall<Entity> {
    const call = this.query(name, equal, {}, order);
    const {
      optional,
      mayBeAbsent = optional,
      nullable = {},
      sensitive,
    } = this.#description;
    const findable = { mayBeAbsent, nullable };
    const conditions = attempt(call.operation, () =>
      encodeWhere(where, names, json, findable),
    );
    const isShown = !Object.keys(conditions ?? {}).some((field) =>
      sensitive.includes(field),
    );
    return {
      ...call,
      args: { ...call.args, where: conditions },
      shown: this.shown(name, {
        ...equal,
        where: isShown ? where : undefined,
        order,
      }),
    };
  }

  /** How many are saved. */
  loading(concurrency: number | undefined): Loading {
    const { key, documentsPerCall: most } = this.#description;
    return { key, concurrency, most };
  }

  /** The calls over the counts of a query. */
  counts<Item>(name: string, query: PagedCall<Item>): Counts<Item, Key> {
    const { order, ...compared } = query.args;
    const asked = { kind: "query", idempotent: true } as const;
    const { operation, including } = query;
    const include = including && [...including.include];
    return {
      count: {
        ...asked,
        path: this.#path(`${name}Count`),
        encode: () => compared,
        decode: (value) => value as number,
        operation: operation.replace("list", "count"),
      },
      page: (offset, limit) => ({
        ...asked,
        path: this.#path(`${name}Page`),
        encode: () => ({
          ...compared,
          order,
          ...placed(offset, limit),
          include,
        }),
        decode: (value) => {
          const { page, total, included } = value as {
            page: Value[];
            total: number;
            included?: Value;
          };
          const items =
            including === undefined
              ? page.map(query.decode)
              : including.decode(page, included ?? {});
          return { items, total };
        },
        operation,
      }),
      rank: (key) => ({
        ...asked,
        path: this.#path(`${name}Rank`),
        encode: () => ({ ...compared, order, key: this.#key(key) }),
        decode: (value) => value as number | null,
        operation: this.#byKey("rank", "by", key),
      }),
    };
  }

  /** A query as somebody reads it; `searched` is the field of a search. */
  shown(
    name: string,
    args: Record<string, unknown>,
    searched?: string,
  ): string {
    const { sensitive } = this.#description;
    const given = Object.entries(args).filter(
      ([field, value]) =>
        value !== undefined &&
        !sensitive.includes(field) &&
        !(field === "search" && sensitive.includes(searched ?? "")),
    );
    const listed = given.map(
      ([field, value]) => `${field}: ${readable(value)}`,
    );
    const inBraces = listed.length === 0 ? "" : `{ ${listed.join(", ")} }`;
    return `${this.#path(name)}(${inBraces})`;
  }

  search(
    name: string,
    search: string,
    args: Record<string, Compared>,
  ): Call<Entity[]> {
    const operation = this.#ofMany("search");
    const encoded = attempt(operation, () => ({
      search: requireText("search", search),
      ...this.#filtered(args),
    }));
    return {
      kind: "query",
      path: this.#path(name),
      encode: () => encoded,
      decode: (value) => (value as Value[]).map(this.#decode),
      operation,
      idempotent: true,
    };
  }

  nearest(
    name: string,
    vector: number[],
    args: Record<string, Compared>,
  ): Call<Scored<Entity>[]> {
    return {
      kind: "action",
      path: this.#path(name),
      encode: () => ({
        vector: requireVector("vector", vector),
        ...this.#filtered(args),
      }),
      decode: (value) =>
        (value as { document: Value; score: number }[]).map(
          ({ document, score }) => ({ item: this.#decode(document), score }),
        ),
      operation: `${this.#ofMany("search")} by vector`,
      idempotent: true,
      onlyReads: true,
    };
  }

  write(
    verb: "create" | "save",
    input: Input,
    expected?: object,
  ): Call<Entity> {
    const { words: entity, isKeyless = false } = this.#description;
    return {
      kind: "mutation",
      path: this.#path(verb),
      encode: () => ({
        [this.#description.argument]: this.#input(input, ""),
        ...this.#expectation(expected, ""),
      }),
      decode: this.#decode,
      operation: isKeyless
        ? `${verb} ${entity}`
        : this.#byKey(verb, "with", input),
      // Without a key, a second run would insert another one.
      idempotent: !isKeyless && expected === undefined,
    };
  }

  replace(key: Key, input: Input, expected?: object): Call<Entity> {
    return {
      kind: "mutation",
      path: this.#path("replace"),
      encode: () => ({
        ...this.#key(key),
        [this.#description.argument]: this.#input(input, ""),
        ...this.#expectation(expected, ""),
      }),
      decode: this.#decode,
      operation: this.#byKey("replace", "by", key),
      idempotent: expected === undefined,
    };
  }

  /** The documents of some inputs as they are stored. */
  async *documents(
    verb: "create" | "save",
    inputs: AsyncIterable<Input> | Iterable<Input>,
  ): AsyncGenerator<Value, undefined> {
    attempt(this.#ofMany(verb), () => requireMany(inputs));
    let index = 0;
    for await (const input of inputs) {
      yield attempt(this.#ofMany(verb), () => this.#input(input, `[${index}]`));
      index += 1;
    }
  }

  writeMany(verb: "create" | "save", documents: Value[]): Call<null> {
    return {
      kind: "mutation",
      path: this.#path(`${verb}Many`),
      encode: () => ({ [`${this.#description.argument}s`]: documents }),
      decode: () => null,
      operation: this.#ofMany(verb),
      idempotent: verb === "save",
    };
  }

  update(
    key: Key,
    changes: object,
    expected: object | undefined,
  ): Call<Entity> {
    return {
      kind: "mutation",
      path: this.#path("update"),
      encode: () => this.#change(key, changes, expected, ""),
      decode: this.#decode,
      operation: this.#byKey("update", "by", key),
      idempotent: expected === undefined && !hasIncrements(changes),
    };
  }

  updateMany(
    updates: Iterable<Update<Key, object, object>>,
    missing: "skip" | "error",
  ): Call<(Entity | null)[]> {
    const operation = this.#ofMany("update");
    const given = attempt(operation, () => {
      requireMany(updates);
      requireMissing(missing);
      const names = ["key", "set", "unset", "expected"];
      return [...updates].map((one, index) =>
        requireFields(one, names, `[${index}]`),
      );
    });
    return {
      kind: "mutation",
      path: this.#path("updateMany"),
      encode: () => ({
        updates: given.map((one, index) => this.#changeOf(one, index)),
        missing,
      }),
      decode: (value) =>
        (value as Value[]).map((one) =>
          one === null ? null : this.#decode(one),
        ),
      operation,
      idempotent: given.every(
        ({ expected, set = {} }) =>
          expected === undefined && !hasIncrements(set),
      ),
    };
  }

  updateEntries(key: Key, changes: object): Call<null> {
    const { entries = [] } = this.#description;
    return {
      kind: "mutation",
      path: this.#path("updateEntries"),
      encode: () => {
        const other = Object.keys(fieldsOf(changes, "changes")).find(
          (name) => !entries.includes(name),
        );
        if (other !== undefined) {
          const problem = "has no entries of its own; those that have";
          throw new InvalidArgument(
            `\`${other}\` ${problem}: ${entries.join(", ")}`,
          );
        }
        const { set, unsetEntries } = this.#change(key, changes, undefined, "");
        return { ...this.#key(key), set, unset: unsetEntries };
      },
      decode: () => null,
      operation: this.#byKey("update entries of", "by", key),
      idempotent: true,
    };
  }

  upsert(key: Key, changes: object, create: object): Call<Entity> {
    return {
      kind: "mutation",
      path: this.#path("upsert"),
      encode: () => {
        // First: what cannot be removed would be one that is left out.
        const changed = this.#changes(changes, "", "set");
        return { create: this.#created(key, changes, create), ...changed };
      },
      decode: this.#decode,
      operation: this.#byKey("upsert", "by", key),
      idempotent: !hasIncrements(changes),
    };
  }

  /** What an upsert makes where there is none, as it is stored. */
  #created(key: Key, changes: object, create: object): Value {
    const { key: names, entries = [], numbers = {} } = this.#description;
    const given: Record<string, unknown> = fieldsOf(create, "create");
    const changed = fieldsOf(changes, "set");
    for (const name of names) {
      if (name in given || name in changed) {
        const problem = "is of the key: leave it out of `set` and `create`";
        throw new InvalidArgument(`\`${name}\` ${problem}`);
      }
    }
    for (const [name, value] of Object.entries(given)) {
      if (value === UNSET || value instanceof Increment) {
        const problem = "of `create` is what is for `set` only";
        throw new InvalidArgument(`\`${name}\` ${problem}`);
      }
    }
    const { plain, amounts } = splitIncrements(changed, numbers, "");
    const document: Record<string, unknown> = {
      ...this.#key(key),
      ...given,
      ...plain,
      ...changedRecords(given, plain, entries),
    };
    for (const [name, value] of Object.entries(document)) {
      if (value === UNSET) Reflect.deleteProperty(document, name);
    }
    for (const [name, amount] of Object.entries(amounts)) {
      document[name] = incremented(given[name] ?? numbers[name], amount, name);
    }
    return this.#input(document as Input, "");
  }

  #changeOf(update: Update<Key, object, object>, index: number): Value {
    const { key, set = {}, unset = [], expected } = update;
    const path = `[${index}]`;
    return this.#change(key, changesOf(set, unset, path), expected, path);
  }

  #change(
    key: Key,
    changes: object,
    expected: object | undefined,
    path: string,
  ): Arguments {
    return {
      ...this.#key(key),
      ...this.#changes(changes, path),
      ...this.#expectation(expected, path),
    };
  }

  /** `name` is that of the changes as a whole. */
  #changes(changes: object, path: string, name = "changes"): Arguments {
    const {
      setByBackend,
      entries = [],
      check,
      numbers = {},
    } = this.#description;
    const given = fieldsOf(changes, at(path, name));
    const fixed = Object.keys(given).find((name) =>
      setByBackend.includes(name),
    );
    if (fixed !== undefined) throw setByTheBackend(at(path, fixed));
    const { plain, amounts } = splitIncrements(given, numbers, path);
    const { kept, removed } = splitChanges(plain, entries, path);
    check?.(withoutUnset(kept), path);
    const { values: set, absent } = this.#partial(kept, "removed", path);
    const increment = Object.keys(amounts).length > 0 ? amounts : undefined;
    const unset = orNothing(absent);
    return { set, unset, unsetEntries: removed, increment };
  }

  #expectation(expected: object | undefined, path: string): Arguments {
    if (expected === undefined) return {};
    const fields = fieldsOf(expected, at(path, "expected"));
    const { values, absent } = this.#partial(fields, "absent", path);
    return { expected: values, expectedAbsent: orNothing(absent) };
  }

  remove(key: Key, expected?: object): Call<Removal> {
    return {
      kind: "mutation",
      path: this.#path("remove"),
      encode: () => ({ ...this.#key(key), ...this.#expectation(expected, "") }),
      decode: (value) => value as unknown as Removal,
      operation: this.#byKey("delete", "by", key),
      idempotent: expected === undefined,
    };
  }

  removeStored(key: Value): Call<Removal> {
    return {
      kind: "mutation",
      path: this.#path("remove"),
      encode: () => key as Arguments,
      decode: (value) => value as unknown as Removal,
      operation: this.#ofMany("delete"),
      idempotent: true,
    };
  }

  /** The condition of an atomic block that one is there, and as expected. */
  expect(key: Key, expected: object | undefined): Call<null> {
    return {
      kind: "mutation",
      path: this.#path("expect"),
      encode: () => ({ ...this.#key(key), ...this.#expectation(expected, "") }),
      decode: () => null,
      operation: this.#byKey("check", "by", key),
      idempotent: false,
    };
  }

  /** The condition of an atomic block that none is there. */
  expectAbsent(key: Key): Call<null> {
    return {
      kind: "mutation",
      path: this.#path("expectAbsent"),
      encode: () => this.#key(key),
      decode: () => null,
      operation: this.#byKey("check the absence of", "by", key),
      idempotent: false,
    };
  }

  removeMany(keys: Value[]): Call<BulkRemoval> {
    return {
      kind: "mutation",
      path: this.#path("removeMany"),
      encode: () => ({ keys }),
      decode: (value) => value as unknown as BulkRemoval,
      operation: this.#ofMany("delete"),
      idempotent: true,
    };
  }

  clear(): Call<Clearing> {
    return {
      kind: "mutation",
      path: this.#path("clear"),
      encode: () => ({}),
      decode: (value) => value as unknown as Clearing,
      operation: this.#ofMany("clear"),
      idempotent: true,
    };
  }

  /** Some keys as the functions take them. */
  keys(keys: Iterable<Key>, verb: string): Value[] {
    attempt(this.#ofMany(verb), () => requireMany(keys));
    return [...keys].map((key, index) => {
      try {
        return attempt(this.#ofMany(verb), () => this.#key(key) as Value);
      } catch (error) {
        if (!(error instanceof InvalidArgument)) throw error;
        throw locate(error, { index, batch: 1, done: 0 });
      }
    });
  }

  #arguments(
    equal: Record<string, Compared>,
    bounds: Record<string, unknown>,
    order: Order | undefined,
  ): Arguments {
    const args: Arguments = {};
    for (const [field, value] of Object.entries(equal)) {
      if (value === undefined) {
        const problem = "is undefined: `UNSET` finds those without the field";
        throw new InvalidArgument(`\`${field}\` ${problem}`);
      }
      args[field] = this.#compared(field, value);
    }
    for (const [field, bound] of Object.entries(bounds)) {
      if (bound === undefined) continue;
      args[field] = isRange(bound)
        ? encodeRange(field, bound)
        : this.#exactly(field, bound);
    }
    requireStorable(args, "");
    if (order !== undefined && !["asc", "desc"].includes(order)) {
      const problem = `is ${describe(order)}, which is neither "asc" nor "desc"`;
      throw new InvalidArgument(`\`order\` ${problem}`);
    }
    return { ...args, order };
  }

  /** A document as it is stored, without what the backend sets. */
  #input(input: Input, path: string): Value {
    const { fields, required, setByBackend, check, codec, argument } =
      this.#description;
    const given = fieldsOf(input, path === "" ? argument : path);
    const document = writtenOf(given, setByBackend, path);
    // What was read may have fields, and nulls, that a newer deployment has.
    if (given["_id"] === undefined) {
      requireKnown(document, fields, path);
      this.#requireNullable(document, path);
      requireGiven(document, required, path);
    }
    check?.(document as Value, path);
    const stored = codec?.encode(document, path) ?? document;
    requireStorable(stored, path);
    return stored as Value;
  }

  /** The fields that are given, and the names of those that are `UNSET`. */
  #partial(
    fields: Readonly<Record<string, unknown>>,
    participle: string,
    path: string,
  ): { values: Value; absent: string[] } {
    const {
      fields: written,
      setByBackend,
      optional,
      codec,
      partialCodec = codec,
    } = this.#description;
    // What the backend sets may be expected, if not changed.
    const known = [...written, ...setByBackend];
    requireKnown(fields, known, path);
    const absent: string[] = [];
    for (const [name, value] of Object.entries(fields)) {
      if (value !== UNSET) continue;
      if (!optional.includes(name)) {
        const problem = `cannot be ${participle}: it is not optional`;
        throw new InvalidArgument(`\`${at(path, name)}\` ${problem}`);
      }
      absent.push(name);
    }
    const given = withoutUnset(fields);
    this.#requireNullable(given, path);
    const values = partialCodec?.encode(given, path) ?? given;
    requireStorable(values, path);
    return { values: values as Value, absent };
  }

  /** Throws `InvalidArgument` for the first null in fields where it never is one. */
  #requireNullable(fields: Record<string, unknown>, path: string): void {
    const { nullable = {} } = this.#description;
    requireNullable(fields, path, { fields: nullable });
  }

  /** What a field is compared with, as the functions take it. */
  #compared(field: string, value: Compared): Value | undefined {
    const {
      optional,
      mayBeAbsent = optional,
      nullable = {},
    } = this.#description;
    requireFindable(value, field, {
      mayBeAbsent: mayBeAbsent.includes(field),
      isNullable: mayBeNull(nullable[field]),
    });
    // An interface has no index signature, and so is no `Value` to the compiler.
    return value === UNSET ? { absent: true } : (value as Value | undefined);
  }

  /** A plain value for bounds means exactly that value. */
  #exactly(field: string, value: Compared): Value | undefined {
    const exactly = this.#compared(field, value);
    if (exactly === undefined || value === UNSET) return exactly;
    return { gte: exactly, lte: exactly };
  }

  /** The arguments of a search. */
  #filtered({ limit, ...args }: Record<string, Compared>): Arguments {
    if (limit !== undefined) requireWhole(limit as number, 1, "limit");
    const filtered = Object.fromEntries(
      Object.entries(args).map(([name, value]) => [
        name,
        this.#compared(name, value),
      ]),
    );
    requireStorable(filtered, "");
    return { ...filtered, limit: limit as number | undefined };
  }

  #key(key: unknown): Arguments {
    const [only, ...others] = this.#description.key;
    const args =
      only !== undefined && others.length === 0
        ? { [only]: key as Value }
        : pick(key, this.#description.key);
    for (const [name, value] of Object.entries(args)) requireThere(name, value);
    requireStorable(args, "");
    return args;
  }

  #path(name: string): string {
    return `${this.#description.module}:${name}`;
  }

  #ofMany(verb: string): string {
    const { words } = this.#description;
    if (/[^aeiou]y$/.test(words)) return `${verb} ${words.slice(0, -1)}ies`;
    return `${verb} ${words}${/(?:[sxz]|ch|sh)$/.test(words) ? "es" : "s"}`;
  }

  /** Such as `get thread by ID "t1"`; `source` is the key, or has it. */
  #byKey(verb: string, preposition: string, source: unknown): string {
    const {
      words: entity,
      argument,
      key,
      isKeyless = false,
    } = this.#description;
    const values =
      typeof source === "object" && source !== null
        ? pick(source, key)
        : { [key[0] ?? ""]: source as Value };
    const shown = Object.entries(values).map(([field, value]) => {
      const isOwn =
        isKeyless || (key.length === 1 && field === `${argument}Id`);
      return `${isOwn ? "ID" : words(field)} ${describe(value)}`;
    });
    return `${verb} ${entity} ${preposition} ${shown.join(" and ")}`;
  }
}

/** The stores of one deployment, which share a client. */
export class Storage {
  protected readonly _client: Client;

  /**
   * `url` is that of the deployment: https://happy-otter-123.convex.cloud. With a
   * client in its place, the stores call by that.
   */
  constructor(url: Client | string, options: ClientOptions = {}) {
    this._client = url instanceof Client ? url : new Client(url, options);
  }

  /**
   * That of the deployment which the environment names: `CONVEX_URL` with
   * `CONVEX_DEPLOY_KEY`, else `CONVEX_SELF_HOSTED_URL` with
   * `CONVEX_SELF_HOSTED_ADMIN_KEY`. With `auth`, no key is sent.
   */
  static fromEnv<Made extends Storage>(
    this: new (url: string, options?: ClientOptions) => Made,
    options: Omit<ClientOptions, "deployKey"> = {},
  ): Made {
    const given = requireOptions(options, "auth", "timeout", "fetch", "onCall");
    const { url, deployKey } = deploymentFromEnvironment();
    return new this(
      url,
      given.auth === undefined ? { ...given, deployKey } : given,
    );
  }

  /**
   * Does what the function collects in one transaction, all or none, and gives
   * what it gives. Nothing is sent where it throws, or collects nothing.
   *
   *     const { result } = await storage.atomic((tx) => tx.threads.create(…));
   */
  async atomic<Result>(
    collect: (tx: AtomicStorage<this>) => Promise<Result> | Result,
    options: CallOptions = {},
  ): Promise<Result> {
    requireCallOptions(options);
    const operations = new Operations();
    let result: Result;
    try {
      result = await collect(collecting(this, operations));
    } finally {
      operations.end();
    }
    await operations.run(this._client, options);
    return result;
  }

  /**
   * What the function reads in it is all of one moment. It gives what that gives.
   *
   *     const found = await storage.snapshot((at) => at.threads.getMany(…));
   */
  async snapshot<Result>(
    read: (at: SnapshotStorage<this>) => Promise<Result> | Result,
    options: CallOptions = {},
  ): Promise<Result> {
    const timestamp = await this._client.timestamp(options);
    const client = new SnapshotClient(this._client, timestamp);
    try {
      return await read(reading(this, client));
    } finally {
      await client.close();
    }
  }

  /** Closes the connection and ends the subscriptions. May be repeated. */
  async close(): Promise<void> {
    await this._client.close();
  }
}

/** The stores that a storage has, for an atomic block. */
function collecting<Stores extends object>(
  storage: Stores,
  operations: Operations,
): AtomicStorage<Stores> {
  const stores = Object.entries<unknown>(fieldsOf(storage, "storage")).filter(
    (entry): entry is [string, Collects<unknown>] => entry[1] instanceof Store,
  );
  const collected = stores.map(([name, store]) => [
    name,
    store._collect(operations),
  ]);
  return Object.fromEntries(collected) as AtomicStorage<Stores>;
}

/** The stores and functions that a storage has, for a snapshot. */
function reading<Stores extends object>(
  storage: Stores,
  client: SnapshotClient,
): SnapshotStorage<Stores> {
  const bound = Object.entries<unknown>(fieldsOf(storage, "storage"))
    .filter(
      (entry): entry is [string, object] =>
        entry[1] instanceof Store || entry[1] instanceof Functions,
    )
    .map(([name, store]) => [name, boundTo(store, client)]);
  return Object.fromEntries(bound) as SnapshotStorage<Stores>;
}

/** Where a page is. */
function placed(offset: number, limit: number): Arguments {
  return {
    offset: requireWhole(offset, 0, "offset"),
    limit: requireWhole(limit, 1, "limit"),
  };
}

interface StoredWindow {
  before: Value[];
  document: Value;
  after: Value[];
}

/** How many windows a call has, and how many entities are in all of them. */
const MAX_WINDOWS = 100;
const MAX_IN_WINDOWS = 500;

/** Throws where there are more windows, or larger ones, than a call reads. */
function fewAround<Key>(
  around: readonly Around<Key>[],
): readonly Around<Key>[] {
  requireMany(around);
  let total = 0;
  for (const [index, one] of around.entries()) {
    const path = `around[${index}]`;
    const names = ["key", "before", "after"];
    const { before = 0, after = 0 } = requireFields(one, names, path);
    for (const [name, count] of Object.entries({ before, after })) {
      requireWhole(count, 0, `${path}.${name}`);
    }
    total += before + 1 + after;
  }
  if (around.length > MAX_WINDOWS) {
    throw new LimitExceeded(
      `a call has ${MAX_WINDOWS} windows at most, not ${around.length}`,
    );
  }
  if (total > MAX_IN_WINDOWS) {
    throw new LimitExceeded(
      `the windows of a call have ${MAX_IN_WINDOWS} entities at most, not ${total}`,
    );
  }
  return around;
}

/** What `encode` gives; what it throws says of which operation. */
function attempt<Result>(operation: string, encode: () => Result): Result {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error;
    const { reason, data } = error;
    throw new InvalidArgument(reason, { operation, data, cause: error });
  }
}

/** Throws `InvalidArgument` for what no document has in place of a value. */
function requireThere(name: string, value: unknown): void {
  if (value !== null && value !== undefined && value !== UNSET) return;
  const problem = `is ${describe(value)}, which finds nothing: it is always there`;
  throw new InvalidArgument(`\`${name}\` ${problem}`);
}

/** Throws `InvalidArgument` for what is no text. */
function requireText(name: string, text: string): string {
  requireThere(name, text);
  if (typeof text !== "string") {
    throw new InvalidArgument(`\`${name}\` is no text`);
  }
  requireStorable(text, name);
  return text;
}

/** Throws `InvalidArgument` for what is no array of numbers. */
function requireVector(name: string, vector: number[]): number[] {
  requireThere(name, vector);
  const given: unknown = vector;
  if (Array.isArray(given) && given.every((one) => typeof one === "number")) {
    requireSearchable(vector, name);
    return vector;
  }
  throw new InvalidArgument(`\`${name}\` is no array of numbers`);
}

function pick(source: unknown, names: readonly string[]): Arguments {
  const fields = Object(source) as Record<string, Value | undefined>;
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
}

/** Whether running the changes twice adds twice. What is no object is refused later. */
function hasIncrements(changes: object): boolean {
  const values: unknown[] = isObject<unknown>(changes)
    ? Object.values(fieldsOf(changes, "changes"))
    : [];
  return values.some((value) => value instanceof Increment);
}

function withoutUnset(
  fields: Readonly<Record<string, unknown>>,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== UNSET && value !== undefined,
    ),
  ) as Record<string, Value>;
}

/** Of one text, the items would be its characters. */
function requireMany(items: unknown): void {
  const isMany =
    typeof items === "object" &&
    items !== null &&
    (Symbol.iterator in items || Symbol.asyncIterator in items);
  if (isMany) return;
  const found = items === null ? "null" : `one ${typeof items}`;
  throw new InvalidArgument(`expected an array or an iterable, found ${found}`);
}

function requireMissing(missing: string): void {
  if (missing === "skip" || missing === "error") return;
  const problem = `is ${describe(missing)}, which is neither "skip" nor "error"`;
  throw new InvalidArgument(`\`missing\` ${problem}`);
}

function orNothing(names: string[]): string[] | undefined {
  return names.length === 0 ? undefined : names;
}

const BOUNDS: readonly string[] = ["gt", "gte", "lt", "lte"];

/** Bounds as the functions take them. */
function encodeRange(field: string, bounds: Range<Value>): Value {
  const other = Object.keys(bounds).find((name) => !BOUNDS.includes(name));
  if (other !== undefined) {
    const problem = `has \`${other}\`, and a range has ${BOUNDS.join(", ")}`;
    throw new InvalidArgument(`\`${field}\` ${problem}`);
  }
  refuseUndefined({ ...bounds }, field);
  const { gt, gte, lt, lte } = bounds;
  if (gt !== undefined && gte !== undefined) {
    throw new InvalidArgument("a range has gt or gte, not both");
  }
  if (lt !== undefined && lte !== undefined) {
    throw new InvalidArgument("a range has lt or lte, not both");
  }
  const range: Record<string, Value> = {};
  for (const [name, bound] of Object.entries<Value>({ ...bounds })) {
    if (bound === null || (bound as unknown) === UNSET || Number.isNaN(bound)) {
      const problem = `of \`${field}\` is ${describe(bound)}, and a range is over values`;
      throw new InvalidArgument(`\`${name}\` ${problem}`);
    }
    range[name] = bound;
  }
  return range;
}

/** What is of a class, such as a date, is a value: one that is refused. */
function isRange(bound: unknown): bound is Range<Value> {
  return isPlainObject(bound);
}

/** `threadId` → `thread ID`. */
function words(field: string): string {
  return field
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ")
    .toLowerCase()
    .split(/[ _]/)
    .map((word) => (word === "id" ? "ID" : word))
    .join(" ");
}

function describe(value: Compared): string {
  if (value === UNSET) return "UNSET";
  return typeof value === "string" || typeof value === "object"
    ? JSON.stringify(value, (_, inner: unknown) =>
        typeof inner === "bigint" ? `${inner}n` : inner,
      )
    : String(value);
}

/** A value in the text of a query, whatever it is. */
function readable(value: unknown): string {
  if (value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(readable).join(", ")}]`;
  if (typeof value !== "object" || value === null) {
    return describe(value as Compared);
  }
  const given = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .map(([name, one]) => `${name}: ${readable(one)}`);
  return `{ ${given.join(", ")} }`;
}
