/** The embedded backend's engine and unmodified convex-test, called alike. */

import { convexTest } from "convex-test";
import { convexToJson } from "convex/values";
import { ANONYMOUS, loadProject, newHost } from "./host.mjs";

/**
 * @typedef {object} Engine with an empty database
 * @property {string} name
 * @property {(kind: "query" | "mutation", path: string, args: any) => Promise<any>} run gives
 *   Convex's JSON; throws an error whose `data` is that of a `ConvexError`
 */

const loaded = await loadProject();
const { bundle } = loaded;

/** @returns {Engine} */
export function embeddedEngine() {
  const host = newHost(loaded);
  return {
    name: "embedded",
    async run(kind, path, args) {
      const request = {
        path,
        kind,
        args: convexToJson(args),
        identity: ANONYMOUS,
      };
      const { value, failure } = await host.run(request);
      if (failure === null) return JSON.parse(value);
      const data = failure.data === null ? undefined : JSON.parse(failure.data);
      throw Object.assign(new Error(failure.message), { data });
    },
  };
}

const modules = Object.fromEntries([
  ["./_generated/api.js", async () => ({})],
  ...[...bundle.modules].map(([path, exports]) => [
    `./${path}.js`,
    async () => exports,
  ]),
]);

/** @returns {Engine} */
export function convexTestEngine() {
  const plain = convexTest({
    schema: bundle.schema?.exported ?? null,
    modules,
  });
  return {
    name: "convex-test",
    async run(kind, path, args) {
      const method = `${kind}FromPath`;
      return convexToJson(
        await plain[method]({ componentPath: "", udfPath: path }, args),
      );
    },
  };
}
