/**
 * What functions can know of themselves, of their deployment and of the request that they serve:
 * the system calls of `ctx.meta` that are not about the transaction. And those of Convex's own
 * services, which are not here.
 * Source: the backend's `isolate/src/environment/{udf,action}/async_syscall.rs`.
 */

import { strippedPath } from "../calls/definitions.mjs";
import { executions } from "../calls/executions.mjs";
import { DEPLOYMENT_NAME } from "../calls/metadata.mjs";

function currentExecution() {
  const execution = executions.getStore();
  if (execution === undefined)
    throw new Error("`ctx.meta` can only be used while the function runs");
  return execution;
}

/** @type {{ [name: string]: () => object | null }} */
export const metadataSyscalls = {
  "1.0/getFunctionMetadata": () => {
    const { path, componentPath } = currentExecution();
    return { name: strippedPath(path), componentPath };
  },
  // Those of a backend that one hosts oneself.
  "1.0/getDeploymentMetadata": () => ({
    name: DEPLOYMENT_NAME,
    region: null,
    class: "s16",
  }),
  "1.0/getRequestMetadata": () => {
    const { call, kind } = currentExecution();
    if (kind === "query")
      throw new Error("Cannot get request metadata in a Query");
    return call?.metadata ?? null;
  },
  "1.0/createServiceToken": () => refuseService("getServiceToken"),
  "1.0/getServiceUrl": () => refuseService("getServiceUrl"),
};

/**
 * Source: `mint_ai_gateway_jwt` in the backend's
 * `application/src/application_function_runner/mod.rs`.
 *
 * @param {string} name of the function that asks for one
 * @returns {never}
 */
function refuseService(name) {
  throw new Error(
    `\`${name}("ai-gateway")\` isn't available on this deployment because the AI gateway is a ` +
      "Convex Cloud service. Deploy to Convex Cloud, or call your model provider directly with your " +
      "own API key.",
  );
}
