/**
 * Random sequences of operations, in the embedded backend's engine and in
 * unmodified convex-test: every result the same, in and outside of mutations,
 * committed and rolled back. Prints the number of sequences and of steps.
 *
 * Usage: node differential.mjs FIRST_SEED SEQUENCES
 */

import assert from "node:assert/strict";
import { compareValues as expectedOrder } from "convex/values";
import { convexTestEngine, embeddedEngine } from "./engines.mjs";
import { compareValues } from "./host.mjs";
import { Run } from "./run.mjs";
import { VALUES, randomSequence, setSeed } from "./sequences.mjs";

const [firstSeed = 1, sequences = 100] = process.argv.slice(2).map(Number);

/**
 * A result in so far as it can be compared, the known faults of convex-test in
 * mind: no recommendation to split a page, no end of one that was read again,
 * and no empty page behind a full last one, which must come at once.
 *
 * @param {any} step
 * @param {Run} here
 * @param {any} ours
 * @param {any} theirs
 * @returns {Promise<[any, any]>}
 */
async function comparable(step, here, ours, theirs) {
  if (step.kind === "refresh") return [ours?.page, theirs?.page];
  if (step.kind !== "page") return [ours, theirs];
  let { isDone } = ours;
  if (theirs.isDone && !isDone) {
    assert.equal(ours.page.length, step.options.numItems);
    const rest = await here.finishWalk(step);
    assert.deepEqual(rest.page, []);
    ({ isDone } = rest);
  }
  return [
    { page: ours.page, isDone },
    { page: theirs.page, isDone: theirs.isDone },
  ];
}

for (const left of VALUES) {
  for (const right of VALUES) {
    assert.equal(
      Math.sign(compareValues(left, right)),
      Math.sign(expectedOrder(left, right)),
    );
  }
}

let steps = 0;
for (let seed = firstSeed; seed < firstSeed + sequences; seed++) {
  setSeed(seed);
  const here = new Run(embeddedEngine());
  const there = new Run(convexTestEngine());
  for (const [position, step] of randomSequence().entries()) {
    const results = [await here.step(step), await there.step(step)];
    const [ours, theirs] = await comparable(step, here, ...results);
    assert.deepEqual(ours, theirs, `seed ${seed}, step ${position}`);
    steps += 1;
  }
}
process.stdout.write(`${JSON.stringify({ sequences, steps })}\n`, () =>
  process.exit(0),
);
