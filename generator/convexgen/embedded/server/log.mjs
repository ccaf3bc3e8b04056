/** Where the server and its functions write what a developer should see. */

/** @type {(text: string) => void} */
let write = (text) => {
  process.stderr.write(text);
};

/** @param {string} text with its line feeds */
export function writeLog(text) {
  write(text);
}

/** @param {(text: string) => void} other of this thread from now on */
export function redirectLog(other) {
  write = other;
}
