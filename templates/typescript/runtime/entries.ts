import { at, InvalidArgument } from "./errors.js";
import { UNSET } from "./types.js";

/**
 * Changes with the entries that they remove of some records apart, by these;
 * those are undefined where there are none.
 */
export function splitChanges(
  changes: Readonly<Record<string, unknown>>,
  records: readonly string[],
  path: string,
): {
  kept: Record<string, unknown>;
  removed: Record<string, string[]> | undefined;
} {
  const kept: Record<string, unknown> = { ...changes };
  const removed: Record<string, string[]> = {};
  for (const record of records) {
    const change = changes[record];
    if (change === undefined) continue;
    if (
      typeof change !== "object" ||
      change === null ||
      Array.isArray(change)
    ) {
      throw new InvalidArgument(
        `\`${at(path, record)}\` is no object of entries`,
      );
    }
    const entries = Object.entries<unknown>({ ...change });
    const names = entries.filter(([, value]) => value === UNSET);
    kept[record] = Object.fromEntries(
      entries.filter(([, value]) => value !== UNSET && value !== undefined),
    );
    if (names.length > 0) removed[record] = names.map(([name]) => name);
  }
  return {
    kept,
    removed: Object.keys(removed).length > 0 ? removed : undefined,
  };
}

/** The records of a new document after changes of their entries. */
export function changedRecords(
  document: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
  records: readonly string[],
): Record<string, unknown> {
  const { kept, removed = {} } = splitChanges(changes, records, "");
  const changed: Record<string, unknown> = {};
  for (const [record, entries] of Object.entries(kept)) {
    if (!records.includes(record)) continue;
    const whole = { ...(document[record] as object), ...(entries as object) };
    for (const name of removed[record] ?? []) {
      Reflect.deleteProperty(whole, name);
    }
    changed[record] = whole;
  }
  return changed;
}
