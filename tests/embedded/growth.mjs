/** Prints the used heap after 5,000 and after 25,000 calls of each kind. */

import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { convexTest } from "convex-test";
import * as values from "convex/values";

const server = new URL(
  "../../generator/convexgen/embedded/server/",
  import.meta.url,
);
const { bundleProject } = await import(new URL("bundle.mjs", server));
const { Host } = await import(new URL("host.mjs", server));
const { Project } = await import(new URL("project.mjs", server));
const { ANONYMOUS } = await import(new URL("identity.mjs", server));

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const project = new Project(
  fileURLToPath(new URL("project", import.meta.url)),
  "convex",
);
const host = new Host({
  bundle: await bundleProject(project),
  libraries: { convexTest: { convexTest }, values },
  functionsDirectory: project.functionsDirectory,
  timeouts: { query: 10_000, mutation: 10_000, action: 10_000 },
});
const call = (path, kind, args) =>
  host.run({ path, kind, args, identity: ANONYMOUS });

await call("messages:send", "mutation", { channel: "a", body: "b" });
const heaps = [];
for (const count of [5_000, 20_000]) {
  for (let n = 0; n < count; n++) {
    await call("messages:top", "query", { channel: "a", count: 1 });
    await call("messages:vote", "mutation", { channel: "a" });
    await call("errors:insertAndFail", "mutation", { channel: "a" });
  }
  collectGarbage();
  heaps.push(process.memoryUsage().heapUsed);
}
process.stdout.write(`${JSON.stringify(heaps)}\n`, () => process.exit(0));
