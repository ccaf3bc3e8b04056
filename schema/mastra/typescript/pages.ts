/** The largest number that functions take: to Mastra, a larger one is as much too large. */
const MAX_NUMBER = 2 ** 53;

/** A number that the functions take, and refuse where it is out of range. */
export function pageNumber(given: number | undefined): number | undefined {
  if (given === undefined) return undefined;
  return Number.isInteger(given)
    ? Math.max(-1, Math.min(given, MAX_NUMBER))
    : -1;
}

/** The same, where false is all. */
export function perPageNumber(
  given: number | false | undefined,
): number | false | undefined {
  return given === false ? false : pageNumber(given);
}
