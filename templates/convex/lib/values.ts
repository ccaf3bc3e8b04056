/** Whether a value is an object, which records are too: no array, no bytes. */
export function isObject<Kind>(
  value: Kind,
): value is Extract<Kind, { [key: string]: unknown }> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ArrayBuffer)
  );
}
