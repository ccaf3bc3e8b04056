/** Prints the used heap after 5,000 and after 25,000 calls of each kind. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ANONYMOUS, loadHost } from "./host.mjs";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const host = await loadHost();
const call = (path, kind, args) =>
  host.run({ path, kind, args, identity: ANONYMOUS });

await call("messages:send", "mutation", { channel: "a", body: "b" });
const heaps = [];
for (const count of [5_000, 20_000]) {
  for (let n = 0; n < count; n++) {
    await call("messages:single", "query", { channel: "a" });
    await call("messages:first", "query", { channel: "a" });
    await call("messages:vote", "mutation", { channel: "a" });
    await call("errors:insertAndFail", "mutation", { channel: "a" });
  }
  collectGarbage();
  heaps.push(process.memoryUsage().heapUsed);
}
process.stdout.write(`${JSON.stringify(heaps)}\n`, () => process.exit(0));
