/**
 * Transactions, one after another in the order in which they were asked for.
 * `TransactionManager` has the methods by which convex-test uses its own one.
 */

import { setImmediate } from "node:timers/promises";
import { now } from "../clock.mjs";
import { Conflicts } from "./conflicts.mjs";
import { executions } from "./executions.mjs";
import { Transaction } from "../database/transaction.mjs";
import { TurnQueue } from "../database/turns.mjs";

/**
 * @typedef {import("../database/database.mjs").Database} Database
 * @typedef {import("../database/database.mjs").DocumentChange} DocumentChange
 * @typedef {import("../values/limits.mjs").TransactionLimits} TransactionLimits
 * @typedef {import("../database/turns.mjs").Turn} Turn
 *
 * @callback CommitListener
 * @param {DocumentChange[]} changes never empty
 * @param {bigint} timestamp
 * @param {Transaction} transaction
 * @returns {void}
 */

export class TransactionManager {
  #turns = new TurnQueue();
  #components;
  /** @type {Transaction | null} */
  current = null;
  /** Of the running transaction, unless its caller holds it. @type {Turn | null} */
  #ownTurn = null;
  /** @type {CommitListener[]} */
  #listeners = [];
  /** Of the last commit, in Unix nanoseconds. */
  lastTimestamp = 0n;
  /** Those that mutations meet. */
  conflicts = new Conflicts();

  /** @param {{ [path: string]: { db: Database } }} components of convex-test */
  constructor(components) {
    this.#components = components;
    this.advance(BigInt(now()) * 1_000_000n);
  }

  /** @returns {Database[]} */
  get #databases() {
    return Object.values(this.#components).map(({ db }) => db);
  }

  /** @param {CommitListener} listener is called within the commit; must not throw */
  onCommit(listener) {
    this.#listeners.push(listener);
  }

  /**
   * Timestamps go on behind one that a client has seen.
   *
   * @param {bigint} timestamp
   */
  advance(timestamp) {
    if (timestamp > this.lastTimestamp) this.lastTimestamp = timestamp;
  }

  /** @returns {Promise<Turn>} for several calls in one snapshot */
  takeTurn() {
    return this.#turns.take();
  }

  /**
   * @param {boolean} isNested
   * @param {Partial<TransactionLimits>} [limits]
   */
  async begin(isNested, limits) {
    if (isNested) {
      this.openTransaction().meter.enter(limits);
    } else {
      const call = executions.getStore()?.call;
      // Its calls, one after another, would keep the event loop from turning.
      if (call?.kind === "action") await setImmediate();
      const held = call?.turn;
      this.#ownTurn = held?.isHeld ? null : await this.#turns.take();
      this.current = new Transaction(held?.timestamp ?? this.lastTimestamp);
    }
    for (const database of this.#databases) database.startTransaction();
  }

  /**
   * Undoes the running transaction, as a conflict does, and begins another one
   * behind all that wait.
   */
  async beginAgain() {
    this.rollback(false);
    await this.begin(false);
  }

  /**
   * @param {boolean} isNested
   * @returns {bigint | null} the timestamp, null for a nested transaction
   */
  commit(isNested) {
    if (isNested) {
      this.openTransaction().meter.leave(true);
      for (const database of this.#databases) database.commit(null);
      return null;
    }
    const transaction = this.current;
    if (transaction === null)
      throw new Error("There is no transaction to commit");
    const clock = BigInt(now()) * 1_000_000n;
    const timestamp =
      clock > this.lastTimestamp ? clock : this.lastTimestamp + 1n;
    const changes = this.#databases.flatMap((database) =>
      database.commit(timestamp),
    );
    this.lastTimestamp = timestamp;
    transaction.commitTimestamp = timestamp;
    if (changes.length > 0)
      for (const listener of this.#listeners)
        listener(changes, timestamp, transaction);
    this.#end();
    return timestamp;
  }

  /** @param {boolean} isNested */
  rollback(isNested) {
    if (isNested) {
      // The caller may have been given up meanwhile, and everything with it.
      const transaction = executions.getStore()?.transaction ?? null;
      if (transaction === null || !this.#isOpen(transaction)) return;
      transaction.meter.leave(false);
      for (const database of this.#databases) database.rollbackWrites();
      return;
    }
    for (const database of this.#databases) database.abandon();
    this.#end();
  }

  #end() {
    for (const stream of this.current?.streams.values() ?? []) stream.close();
    this.current = null;
    this.#ownTurn?.release();
    this.#ownTurn = null;
  }

  /** @param {Transaction | null} transaction */
  #isOpen(transaction) {
    return transaction !== null && transaction === this.current;
  }

  /**
   * @returns {Transaction} of the function that runs in this context
   * @throws {Error} when it has none, or not any more
   */
  openTransaction() {
    const { transaction = null, isOver = false } = executions.getStore() ?? {};
    if (isOver || transaction === null || !this.#isOpen(transaction)) {
      throw new Error(
        "The database cannot be used here: the function has finished already. Await every promise.",
      );
    }
    return transaction;
  }

  /** @returns {boolean} whether this context is within a transaction; others do not matter */
  isInTransaction() {
    return this.#isOpen(executions.getStore()?.transaction ?? null);
  }

  getMetricsTracker() {
    return this.isInTransaction() ? this.openTransaction().meter : null;
  }

  /** @returns {number} the milliseconds that the function which starts will see */
  getTime() {
    if (this.current === null) throw new Error("There is no transaction");
    return this.current.time;
  }

  /** @returns {bigint} */
  getSnapshotTs() {
    return this.openTransaction().startTimestamp;
  }

  /**
   * A transaction of the server itself.
   *
   * @template T
   * @param {() => T} work
   * @returns {Promise<T>}
   */
  async runSystem(work) {
    await this.begin(false);
    try {
      const result = work();
      this.commit(false);
      return result;
    } catch (error) {
      this.rollback(false);
      throw error;
    }
  }

  /** @returns {Map<Database, DocumentChange[]>} */
  stashWrites() {
    return new Map(
      this.#databases.map((database) => [database, database.stashWrites()]),
    );
  }

  /** @param {Map<Database, DocumentChange[]>} stashed */
  restoreWrites(stashed) {
    for (const [database, changes] of stashed) database.restoreWrites(changes);
  }
}
