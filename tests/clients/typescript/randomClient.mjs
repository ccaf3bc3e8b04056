// A client that does at random what stores do: the arguments are a seed and the
// number of steps. Prints the steps as lines of JSON, and ends by itself.

import { ConvexgenError, ConvexStorage, increment } from "client";

const [seed = "", steps = "0"] = process.argv.slice(2);
const WORKERS = 12;
const TIMEOUT = 1_000;

const open = () =>
  new ConvexStorage(process.env.PROXY_URL ?? "", {
    deployKey: process.env.CONVEX_DEPLOY_KEY,
    timeout: TIMEOUT,
  });
let storage = open();

/** Mulberry32, since `Math.random` takes no seed. */
function drawing(text) {
  let state = [...text].reduce(
    (sum, one) => (Math.imul(sum, 31) + one.charCodeAt(0)) | 0,
    7,
  );
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const ONE_BY_ONE = [
  "create",
  "save",
  "save",
  "get",
  "delete",
  "increment",
  "increment",
  "exchange",
];
const ALL = [
  ...ONE_BY_ONE,
  ...ONE_BY_ONE,
  "save many",
  "delete many",
  "first snapshot",
  "file",
];

/** What came of an operation that had not begun when its client was closed. */
const CLOSED = "closed before";

async function perform(itemId, operation, numbers) {
  const [one = 0, other = 0] = numbers;
  const { items, files } = storage;
  const several = itemId.split(",");
  switch (operation) {
    case "save many":
      await items.saveMany(
        several.map((name) => ({ itemId: name, number: one })),
      );
      return "unknown";
    case "delete many":
      await items.deleteMany(several);
      return "unknown";
    case "first snapshot": {
      const before = storage;
      for await (const snapshot of items.watch(itemId)) return snapshot;
      return before === storage ? "ended" : CLOSED;
    }
    case "file": {
      const content = itemId.repeat(1000);
      const found = await files.download(
        await files.upload(new Blob([content])),
      );
      return (await found.text()) === content ? null : "another content";
    }
    case "close": {
      const before = storage;
      storage = open();
      await before.close();
      return null;
    }
    case "create":
      return await items.create({ itemId, number: one });
    case "save":
      return await items.save({ itemId, number: one });
    case "get":
      return await items.get(itemId);
    case "delete":
      return (await items.delete(itemId)) ?? "unknown";
    case "increment":
      return await items.update(itemId, { number: increment(one) });
    default:
      return await items.update(
        itemId,
        { number: other },
        { expected: { number: one } },
      );
  }
}

const counts = {
  create: 1,
  save: 1,
  "save many": 1,
  increment: 1,
  exchange: 2,
};

const PULSE = 10;
const delays = [];
let lastBeat = Date.now();
// How long the machine itself keeps this program from going on.
const pulse = setInterval(() => {
  const now = Date.now();
  const delay = now - lastBeat - PULSE;
  if (delay > PULSE) delays.push([now, delay]);
  lastBeat = now;
}, PULSE);

/** In seconds, by how much a call that began then is behind its deadline, but for that. */
function lateness(operation, began) {
  if (["file", "first snapshot", "close"].includes(operation)) return 0;
  const delayed = delays.filter(([moment]) => moment > began);
  const taken = delayed.reduce((sum, [, delay]) => sum + delay, 0);
  return Math.max(Date.now() - began - TIMEOUT - taken, 0) / 1_000;
}

async function work(worker) {
  const draw = drawing(`${seed} ${worker}`);
  let generation = 0;
  const another = () => `${worker} ${(generation += 1)}`;
  const names = [another(), another(), another()];
  // One of them closes the client of all, again and again.
  const operations = worker === 0 ? [...ALL, "close"] : ALL;
  for (let step = 0; step < Number(steps) / WORKERS; step += 1) {
    const operation = operations[draw(operations.length)] ?? "get";
    const place = draw(names.length);
    const isOfAll = operation.endsWith("many");
    const item = isOfAll ? names.join() : (names[place] ?? "");
    const numbers = Array.from({ length: counts[operation] ?? 0 }, () =>
      draw(3),
    );
    const asked = { item, operation, numbers };
    const began = Date.now();
    const tell = (told) =>
      console.log(
        JSON.stringify({ ...asked, ...told, late: lateness(operation, began) }),
      );
    try {
      const result = await perform(item, operation, numbers);
      const isItem = typeof result === "object" && result !== null;
      const told = isItem ? result.number : result;
      if (told === CLOSED) tell({ outcome: CLOSED });
      else tell({ outcome: "done", result: told });
    } catch (error) {
      if (!(error instanceof ConvexgenError)) throw error;
      const { name, mayHaveRun } = error;
      const isBefore = error.message.includes("the client is closed");
      const outcome = isBefore ? CLOSED : name;
      tell({ outcome, may_have_run: mayHaveRun });
      // What was sent may still be on its way.
      if (!mayHaveRun) continue;
      if (isOfAll) names.splice(0, 3, another(), another(), another());
      else names[place] = another();
    }
  }
}

await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
await storage.close();
clearInterval(pulse);
