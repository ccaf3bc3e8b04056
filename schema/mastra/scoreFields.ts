import { invalid } from "./failures.js";

// What fields of a score hold, however it is stored.

/** What scoreRowDataSchema of @mastra/core takes no other JSON for. */
export const OBJECTS = [
  "additionalContext",
  "requestContext",
  "extractStepResult",
  "analyzeStepResult",
  "scorer",
  "metadata",
  "entity",
  "preprocessStepResult",
] as const;

/** What evaluations have in place of the source of scores. */
const TYPES = new Map([
  ["LIVE", "live" as const],
  ["TEST", "test" as const],
]);

/** The type of a score from a source. Throws `InvalidArgument`. */
export function typeOfSource(source: string): "live" | "test" {
  const type = TYPES.get(source);
  if (type !== undefined) return type;
  throw invalid(`source must be ${[...TYPES.keys()].join(" or ")}`);
}
