/*
 * Copied by convexgen from schema/mastra/storable.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { TableNames } from "../_generated/dataModel.js";
import type { Fields } from "../lib/documents.js";
import { requireStorable } from "../lib/large.js";
import schema from "../schema.js";

/** What the backend sets of each write. Any time is as large as another. */
const TIMES = ["createdAt", "updatedAt"];

/**
 * Throws as the write of a document does that is too large, or of what changes one,
 * for what another transaction is to write.
 */
export function requireStorableIn(
  table: TableNames,
  values: Fields,
  path: string,
  existing: Fields = {},
): void {
  const { fields } = schema.tables[table].validator;
  const times = TIMES.filter((name) => name in fields).map((name) => [name, 0]);
  const stored = { ...(Object.fromEntries(times) as Fields), ...values };
  requireStorable(table, stored, path, existing);
}
