/**
 * The functions of the backend itself that `npx convex` calls, for
 * administrators.
 * Source: `system-udfs/convex/_system/{cli,frontend}` of the backend.
 */

import { decodeValue } from "../values/json.mjs";

/**
 * @typedef {import("../database/database.mjs").Database} Database
 * @typedef {import("../calls/definitions.mjs").FunctionDefinition} FunctionDefinition
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 */

/**
 * @param {object} options
 * @param {Database} options.database
 * @param {() => { functions: object[] }} options.functionSpec
 * @param {() => string} options.origin
 * @returns {FunctionDefinition[]}
 */
export function systemFunctions({ database, functionSpec, origin }) {
  return [
    internalQuery("_system/cli/tables:default", () => ({
      page: database.tables.userNames().map((name) => ({ name })),
      isDone: true,
      continueCursor: "",
    })),
    internalQuery("_system/cli/tableData:default", async (ctx, args) => {
      const { table, order, paginationOpts } = args;
      const db = table.startsWith("_") ? ctx.db.system : ctx.db;
      return await db.query(table).order(order).paginate(paginationOpts);
    }),
    internalQuery("_system/cli/modules:apiSpec", () => {
      const { functions } = functionSpec();
      // Validators have int64 literals, which are encoded.
      return decodeValue(/** @type {JsonValue} */ (functions));
    }),
    internalQuery("_system/cli/convexUrl:cloudUrl", origin),
    internalQuery("_system/frontend/getSchemas:default", () => {
      const schema = database.tables.exportedSchema;
      return schema === null ? {} : { active: JSON.stringify(schema) };
    }),
    internalQuery("_system/frontend/components:list", () => []),
    internalMutation(
      "_system/frontend/addDocument:default",
      async (ctx, { table, documents }) => {
        for (const document of documents) await ctx.db.insert(table, document);
        return { success: true };
      },
    ),
    internalMutation(
      "_system/frontend/deleteDocuments:default",
      async (ctx, { toDelete }) => {
        for (const { id } of toDelete) await ctx.db.delete(id);
        return { success: true };
      },
    ),
  ];
}

/**
 * @param {string} path
 * @param {(ctx: any, args: any) => unknown} handler
 * @returns {FunctionDefinition}
 */
function internalQuery(path, handler) {
  return internal("query", path, handler);
}

/**
 * @param {string} path
 * @param {(ctx: any, args: any) => unknown} handler
 * @returns {FunctionDefinition}
 */
function internalMutation(path, handler) {
  return internal("mutation", path, handler);
}

/**
 * @param {FunctionDefinition["kind"]} kind
 * @param {string} path
 * @param {(ctx: any, args: any) => unknown} handler
 * @returns {FunctionDefinition}
 */
function internal(kind, path, handler) {
  return {
    path,
    kind,
    isPublic: false,
    args: { type: "any" },
    returns: null,
    handler: async (ctx, args) => await handler(ctx, args),
  };
}
