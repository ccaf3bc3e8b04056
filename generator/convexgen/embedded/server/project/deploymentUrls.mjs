/**
 * The environment variables that each deployment has.
 * Source: the backend's `udf/src/environment.rs`.
 */

/**
 * @typedef {object} DeploymentUrls
 * @property {string} cloud of the API
 * @property {string} site of HTTP actions
 */

/** Those of `convexgen dev`, for what only reads a project. @type {DeploymentUrls} */
export const DEFAULT_URLS = {
  cloud: "http://127.0.0.1:3210",
  site: "http://127.0.0.1:3211",
};

const CLOUD_URL = "CONVEX_CLOUD_URL";

/** @param {DeploymentUrls} urls that this thread, and those that it starts, see from now on */
export function setDeploymentUrls({ cloud, site }) {
  process.env[CLOUD_URL] = cloud;
  process.env.CONVEX_SITE_URL = site;
}

/**
 * @param {import("./bundle.mjs").BuiltProject} built
 * @returns {boolean} whether its modules may have kept the address of the API
 */
export function mentionsCloudUrl({ code, components }) {
  return [code, ...components.map((component) => component.code)].some(
    ({ isolate, node }) => `${isolate}${node}`.includes(CLOUD_URL),
  );
}
