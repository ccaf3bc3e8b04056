/**
 * Looks twice, at once, for the keys of a provider that never answers. Prints
 * how that ends.
 *
 * Usage: node silentProvider.mjs URL DEADLINE_MILLISECONDS
 */

const { FetchedKeys } = await import(
  new URL(
    "../../generator/convexgen/embedded/server/identity/keySets.mjs",
    import.meta.url,
  )
);

const [url = "", deadline = ""] = process.argv.slice(2);
let requests = 0;
const locate = async () => {
  requests += 1;
  return url;
};
const keys = new FetchedKeys(url, locate, Number(deadline));
const failures = await Promise.all(
  ["first", "second"].map((id) => keys.keysFor(id).catch((error) => error)),
);
const result = {
  codes: failures.map(({ code }) => code),
  message: failures[0].message,
  isShared: requests === 1,
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
