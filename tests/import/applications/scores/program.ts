import { strict as assert } from "node:assert";
import { ConvexStorage } from "./generated/typescript/index.js";

const { functions, games, players, scores } = ConvexStorage.fromEnv();
assert.equal(await functions.games.rank({ points: 7.5 }), 1);
const [game] = await games.list().all();
assert.deepEqual(game?.board, [
  ["x", null],
  ["o", "x"],
]);
assert.equal(game.seed, -1n);
const [ann] = await players.byName("ann").all();
assert(ann !== undefined);
assert.equal(game.winner, ann._id);
const [score] = await scores.byGameAndPlayer(game._id, ann._id).all();
assert.equal(score?.points, 12);
console.log("done");
