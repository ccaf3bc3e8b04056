/** Random numbers that follow from a seed. */

import { randomFillSync } from "node:crypto";

/** The first numbers of small seeds resemble each other. */
const WARM_UP = 12;

/** @returns {number} 32 bits that nobody can tell beforehand */
export function randomSeed() {
  const [seed = 0] = randomFillSync(new Uint32Array(1));
  return seed;
}

/**
 * @param {number} seed 32 bits
 * @returns {() => number} from 0 to below 1, with 53 random bits, as `Math.random`
 */
export function seededRandom(seed) {
  // Chris Doty-Humphrey's sfc32, of the PractRand suite.
  let [a, b, c, counter] = [0, 0, seed | 0, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let count = 0; count < WARM_UP; count++) next();
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}
