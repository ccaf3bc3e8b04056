/** What programs print that read a project, with no server. */

import { setDeploymentUrls, DEFAULT_URLS } from "../project/deploymentUrls.mjs";
import { messageOf } from "../errors.mjs";
import { readApart } from "./apart.mjs";

/**
 * Prints what is read, or why it cannot be, and ends the process.
 *
 * @param {() => import("./apart.mjs").Reading} options
 */
export async function printRead(options) {
  try {
    process.setSourceMapsEnabled(true);
    setDeploymentUrls(DEFAULT_URLS);
    const json = await readApart(options());
    process.stdout.write(`${json}\n`, () => process.exit(0));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`, () => process.exit(1));
  }
}
