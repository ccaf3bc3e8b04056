/** `node randomNumbers.mjs SEED` prints 1,000 numbers of a seed. */

const server = new URL(
  "../../generator/convexgen/embedded/server/",
  import.meta.url,
);
const { seededRandom } = await import(new URL("randomness.mjs", server));

const random = seededRandom(Number(process.argv[2]));
const numbers = Array.from({ length: 1_000 }, () => random());
process.stdout.write(`${JSON.stringify(numbers)}\n`);
