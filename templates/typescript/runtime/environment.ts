import { InvalidArgument } from "./errors.js";

/** Where a deployment is, and the key that opens it. */
export interface Deployment {
  url: string;
  deployKey: string | undefined;
}

/**
 * The deployment that the environment of the process names. A key goes to the
 * deployment that it is of, and to no other. Throws `InvalidArgument` where no
 * URL is set, as in browsers.
 */
export function deploymentFromEnvironment(): Deployment {
  const cloudUrl = variable("CONVEX_URL");
  const hostedUrl = variable("CONVEX_SELF_HOSTED_URL");
  const cloudKey = variable("CONVEX_DEPLOY_KEY");
  const hostedKey = variable("CONVEX_SELF_HOSTED_ADMIN_KEY");
  if (cloudUrl === undefined) {
    if (hostedUrl === undefined) {
      throw new InvalidArgument(
        "CONVEX_URL is not set to the URL of a deployment, nor is CONVEX_SELF_HOSTED_URL, in the environment; " +
          "write it as https://<name>.convex.cloud, or http://127.0.0.1:3210 locally",
      );
    }
    return { url: hostedUrl, deployKey: hostedKey };
  }
  const isOne =
    hostedUrl === undefined ||
    withoutSlashes(hostedUrl) === withoutSlashes(cloudUrl);
  return {
    url: cloudUrl,
    deployKey: cloudKey ?? (isOne ? hostedKey : undefined),
  };
}

function variable(name: string): string | undefined {
  // Browsers have no process, and no types of Node need be installed.
  const { process } = globalThis as unknown as {
    process?: { env?: Record<string, string | undefined> };
  };
  return process?.env?.[name]?.trim() || undefined;
}

function withoutSlashes(url: string): string {
  return url.replace(/\/+$/, "");
}
