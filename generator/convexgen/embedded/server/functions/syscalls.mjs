/**
 * The system calls of `convex/server` that this server answers itself; convex-test
 * answers the others.
 */

import { writeLine } from "../calls/console.mjs";
import { executions } from "../calls/executions.mjs";
import { decodeQueryValue } from "../database/filters.mjs";
import { UnsupportedValue, decodeValue } from "../values/json.mjs";
import { LimitExceeded, measure } from "../values/limits.mjs";
import { checkIdentifier } from "../refusals/identifiers.mjs";
import { explained } from "../refusals/refusal.mjs";
import {
  QueryStream,
  planQuery,
  readPage,
  splitIndexName,
} from "../database/queries.mjs";
import { searchVectors } from "../database/search.mjs";
import { textArgument } from "../values/texts.mjs";
import { isPlainObject } from "../values/values.mjs";

/**
 * @typedef {import("../database/database.mjs").Database} Database
 * @typedef {import("../database/documents.mjs").StoredDocument} StoredDocument
 * @typedef {import("../database/tables.mjs").Table} Table
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("../jobs/scheduler.mjs").Scheduler} Scheduler
 * @typedef {import("../calls/transactions.mjs").TransactionManager} TransactionManager
 * @typedef {import("../values/values.mjs").ConvexObject} ConvexObject
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 *
 * @callback Syscall
 * @param {any} args the parsed JSON
 * @param {string} json
 * @returns {string} JSON
 */

/**
 * @param {object} options
 * @param {Database} options.database
 * @param {TransactionManager} options.manager
 * @param {Scheduler} options.scheduler
 */
export function databaseSyscalls({ database, manager, scheduler }) {
  const nothing = "{}";

  /** @param {StoredDocument | null} after null for a deletion */
  function countWrite(after) {
    manager.openTransaction().meter.countDocumentWritten(after?.size ?? 0);
  }

  /**
   * A write reads what was there.
   *
   * @param {Table} table
   * @param {string} id
   */
  function startWrite(table, id) {
    checkAccess(table.name, false);
    manager.openTransaction().countPointRead(table, id);
  }

  /** @type {{ [name: string]: Syscall }} */
  const synchronous = {
    "1.0/queryStream": ({ query }, json) => {
      const transaction = manager.openTransaction();
      transaction.countQuery(json);
      const stream = new QueryStream(planQuery(database, query), transaction);
      database.openStream(stream);
      return `{"queryId":${transaction.addStream(stream)}}`;
    },
    "1.0/queryCleanup": ({ queryId }) => {
      if (!manager.isInTransaction()) return nothing;
      const { streams } = manager.openTransaction();
      const stream = streams.get(queryId);
      if (stream !== undefined) {
        stream.close();
        database.closeStream(stream);
        streams.delete(queryId);
      }
      return nothing;
    },
    "1.0/db/normalizeId": ({ table, idString }) => {
      textArgument("db.normalizeId", "idString", idString);
      const id = database.tables.nameOfId(idString) === table ? idString : null;
      return JSON.stringify({ id });
    },
  };

  /** @type {{ [name: string]: Syscall }} */
  const asynchronous = {
    "1.0/get": ({ table, id, isSystem = false }) => {
      const transaction = manager.openTransaction();
      const operation = isSystem ? "db.system.get" : "db.get";
      const found = database.tables.findById(operation, id);
      if (found === null) return "null";
      checkAccess(found.name, isSystem);
      const { documents } = database.tables.ofId(operation, table, id);
      transaction.countPointRead(found, id);
      return documents.get(id)?.json ?? "null";
    },
    "1.0/queryStreamNext": ({ queryId }) => {
      const stored =
        manager.openTransaction().streams.get(queryId)?.next() ?? null;
      return stored === null
        ? '{"value":null,"done":true}'
        : `{"value":${stored.json},"done":false}`;
    },
    "1.0/queryPage": (request, json) => {
      const transaction = manager.openTransaction();
      const execution = executions.getStore();
      if (execution?.componentPath && !execution.path.startsWith("_system/")) {
        throw new Error(
          "paginate() is only supported in the app. Learn more at " +
            "https://docs.convex.dev/components/authoring#pagination",
        );
      }
      if (execution !== undefined && ++execution.paginatedQueries > 1) {
        throw new Error(
          "This query or mutation function ran multiple paginated queries. Convex only supports " +
            "a single paginated query in each function.",
        );
      }
      transaction.countQuery(json);
      const call = execution?.isOutermost ? execution.call : null;
      const endCursor = request.endCursor ?? call?.journal ?? null;
      const result = readPage(database, transaction, { ...request, endCursor });
      if (call) call.nextJournal = result.continueCursor;
      const { page, ...rest } = result;
      const documents = page.map((stored) => stored.json).join(",");
      return `{"page":[${documents}],${JSON.stringify(rest).slice(1)}`;
    },
    "1.0/count": ({ table }, json) => {
      const transaction = manager.openTransaction();
      transaction.countQuery(json);
      const stream = new QueryStream(
        planQuery(database, {
          source: { type: "FullTableScan", tableName: table, order: "asc" },
          operators: [],
        }),
        transaction,
      );
      let count = 0;
      while (stream.next() !== null) count += 1;
      return `${count}.0`;
    },
    "1.0/insert": ({ table, value }) => {
      manager.openTransaction();
      const fields = decodeObject("db.insert", value);
      explained("Invalid argument `table` for `db.insert`: ", () =>
        checkIdentifier(table),
      );
      checkAccess(table, false);
      const stored = database.insertDocument(table, fields);
      countWrite(stored);
      return JSON.stringify({ _id: stored.id });
    },
    "1.0/shallowMerge": ({ table, id, value }) => {
      const found = database.tables.ofId("db.patch", table, id);
      const changes = decodePatch(value);
      startWrite(found, id);
      const stored = database.patchDocument(table, id, changes);
      if (stored !== null) countWrite(stored);
      return nothing;
    },
    "1.0/replace": ({ table, id, value }) => {
      const found = database.tables.ofId("db.replace", table, id);
      const fields = decodeObject("db.replace", value);
      startWrite(found, id);
      const stored = database.replaceDocument(table, id, fields);
      if (stored !== null) countWrite(stored);
      return nothing;
    },
    "1.0/remove": ({ table, id }) => {
      startWrite(database.tables.ofId("db.delete", table, id), id);
      database.deleteDocument(table, id);
      countWrite(null);
      return nothing;
    },
    "1.0/schedule": (request) => {
      const { meter } = manager.openTransaction();
      const job = scheduler.describe(request);
      meter.count("functionsScheduled", 1);
      meter.count("scheduledFunctionArgsBytes", measure(job.args).size);
      return JSON.stringify(scheduler.insert(job));
    },
    "1.0/cancel_job": ({ id }) => {
      manager.openTransaction();
      // From 1.50 of npm `convex` on it will be an error.
      // Source: `cancel_job` in the backend's `isolate/src/environment/udf/async_syscall.rs`.
      if (executions.getStore()?.call?.job?.id === id)
        writeLine(
          "WARN",
          "A scheduled mutation canceling itself is deprecated and will throw an error in a " +
            "future version of Convex.",
        );
      else scheduler.cancel(id);
      return nothing;
    },
  };

  /** From actions, each a transaction of its own. @type {{ [name: string]: (args: any) => Promise<string> }} */
  const inActions = {
    "1.0/actions/schedule": async (request) => {
      const job = scheduler.describe(request);
      return JSON.stringify(
        await manager.runSystem(() => scheduler.insert(job)),
      );
    },
    "1.0/actions/cancel_job": async ({ id }) => {
      await manager.runSystem(() => scheduler.cancel(id));
      return "null";
    },
    "1.0/actions/vectorSearch": async ({ query }) => {
      const [tableName, indexName] = splitIndexName(query.indexName);
      const results = await manager.runSystem(() =>
        searchVectors(database.tables.get(tableName), { ...query, indexName }),
      );
      return JSON.stringify({ results });
    },
  };

  return { synchronous, asynchronous, inActions };
}

/**
 * Source: `system_table_guard` in the backend's `isolate/src/environment/udf/async_syscall.rs`.
 *
 * @param {string} tableName
 * @param {boolean} isSystem whether it is asked for by `db.system`
 * @throws {Error} for a user's table there, and for a system's elsewhere
 */
function checkAccess(tableName, isSystem) {
  if (tableName.startsWith("_") === isSystem) return;
  throw new Error(
    isSystem
      ? "User tables cannot be accessed with db.system."
      : "System tables can only be accessed with db.system.",
  );
}

/**
 * @param {string} operation
 * @param {JsonValue} json
 * @returns {ConvexObject}
 */
function decodeObject(operation, json) {
  const value = checkedArgument(operation, () => {
    const decoded = decodeValue(json);
    measure(decoded);
    return decoded;
  });
  if (!isPlainObject(value)) {
    throw new Error(
      `Invalid argument \`value\` for \`${operation}\`: Value must be an Object`,
    );
  }
  return value;
}

/**
 * @param {JsonValue} json
 * @returns {{ [field: string]: ConvexValue | undefined }}
 */
function decodePatch(json) {
  return checkedArgument("db.patch", () => {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw new UnsupportedValue("Value must be an Object");
    }
    return Object.fromEntries(
      Object.entries(json).map(([field, item]) => {
        const value = decodeQueryValue(item);
        if (value !== undefined) measure(value);
        return [field, /** @type {ConvexValue | undefined} */ (value)];
      }),
    );
  });
}

/**
 * @template T
 * @param {string} operation
 * @param {() => T} decode
 * @returns {T}
 */
function checkedArgument(operation, decode) {
  try {
    return decode();
  } catch (error) {
    if (error instanceof LimitExceeded || error instanceof UnsupportedValue) {
      throw new Error(
        `Invalid argument \`value\` for \`${operation}\`: ${error.message}`,
      );
    }
    throw error;
  }
}
