/** Whether a module is for Node.js. */

import { readFileSync } from "node:fs";

/** After comments and other directives. */
const USE_NODE =
  /^\s*(?:(?:\/\/[^\n]*\n|\/\*[\s\S]*?\*\/|(["'])(?!use node\1)[^"'\n]*\1;?)\s*)*(["'])use node\2/;

/**
 * @param {string} file
 * @returns {boolean} whether it has the directive "use node"
 */
export function isForNode(file) {
  return USE_NODE.test(readFileSync(file, "utf8"));
}
