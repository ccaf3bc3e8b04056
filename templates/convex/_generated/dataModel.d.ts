// `npx convex dev` and `npx convex deploy` write this file too.

import type {
  DataModelFromSchemaDefinition,
  DocumentByName,
  SystemTableNames,
  TableNamesInDataModel,
} from "convex/server";
import type { GenericId } from "convex/values";

import schema from "../schema.js";

/** The types of the tables, from the schema. */
export type DataModel = DataModelFromSchemaDefinition<typeof schema>;

/** The names of the tables. */
export type TableNames = TableNamesInDataModel<DataModel>;

/** A document of a table. */
export type Doc<TableName extends TableNames> = DocumentByName<
  DataModel,
  TableName
>;

/** The ID of a document of a table. */
export type Id<TableName extends TableNames | SystemTableNames> =
  GenericId<TableName>;
