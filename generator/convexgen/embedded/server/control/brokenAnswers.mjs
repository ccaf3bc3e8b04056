/** Answers over HTTP that do not arrive, or not whole. */

/** @typedef {import("node:http").ServerResponse} ServerResponse */

/** @param {ServerResponse} response whose connection breaks when it is ready */
export function breakAnswer(response) {
  replaceEnd(response, () => response.destroy());
}

/** @param {ServerResponse} response that is made and never sent */
export function withholdAnswer(response) {
  replaceEnd(response, () => {});
}

/** @param {ServerResponse} response whose connection breaks in the middle of its body */
export function halveAnswer(response) {
  /** @type {(chunk: Buffer, done: () => void) => boolean} */
  const write = response.write.bind(response);
  /** @type {Buffer[]} */
  const chunks = [];
  const keep = (/** @type {unknown} */ chunk) => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array)
      chunks.push(Buffer.from(chunk));
  };
  Object.assign(response, {
    write: (/** @type {unknown} */ chunk) => {
      keep(chunk);
      return true;
    },
    end: (/** @type {unknown} */ chunk) => {
      keep(chunk);
      const body = Buffer.concat(chunks);
      const half = body.subarray(0, Math.ceil(body.length / 2));
      write(half, () => response.destroy());
    },
  });
}

/**
 * @param {ServerResponse} response
 * @param {() => void} end instead of sending anything
 */
function replaceEnd(response, end) {
  Object.assign(response, {
    writeHead: () => response,
    flushHeaders: () => {},
    write: () => true,
    end,
  });
}
