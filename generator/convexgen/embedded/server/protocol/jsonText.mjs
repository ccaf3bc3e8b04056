/** JSON of clients, which Convex reads with the Rust library `serde_json`. */

/** As that library has it. */
const MAX_DEPTH = 127;

/** Of V8, on 64 bits: what a value takes in a list or an object, and what a list or an object takes itself. */
const BYTES_OF_VALUE = 8;
const BYTES_OF_CONTAINER = 32;

const [
  QUOTE,
  BACKSLASH,
  COMMA,
  OPENING_BRACKET,
  CLOSING_BRACKET,
  OPENING_BRACE,
  CLOSING_BRACE,
] = Buffer.from('"\\,[]{}');

/**
 * @param {string} text
 * @returns {unknown}
 * @throws {Error} when it is no JSON, or nested more deeply than Convex reads
 */
export function parseJson(text) {
  checkDepth(text);
  return JSON.parse(text);
}

/**
 * Guesses what JSON takes of memory when it is read, beside what its text does: `[[],[],…]` takes
 * many times as much.
 *
 * @param {string} text
 * @returns {number} of bytes
 */
export function weightOfValues(text) {
  let weight = 0;
  for (let place = 0; place < text.length; place += 1) {
    switch (text.charCodeAt(place)) {
      case QUOTE:
        place = endOfString(text, place);
        break;
      case COMMA:
        weight += BYTES_OF_VALUE;
        break;
      case OPENING_BRACKET:
      case OPENING_BRACE:
        weight += BYTES_OF_CONTAINER;
    }
  }
  return weight;
}

/** @param {string} text of JSON */
function checkDepth(text) {
  // Most messages are too short to be deep.
  if (text.length <= MAX_DEPTH) return;
  let depth = 0;
  // No pattern with a repeated group: over a long string it takes more than the stack has.
  for (let place = 0; place < text.length; place += 1) {
    switch (text.charCodeAt(place)) {
      case QUOTE:
        place = endOfString(text, place);
        break;
      case OPENING_BRACKET:
      case OPENING_BRACE:
        depth += 1;
        if (depth > MAX_DEPTH) throw new Error("recursion limit exceeded");
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth -= 1;
    }
  }
}

/**
 * Sought, as most of a large message are its strings.
 *
 * @param {string} text of JSON
 * @param {number} start place of a quote
 * @returns {number} place of the quote that ends the string, or the length of the text
 */
function endOfString(text, start) {
  let end = start;
  let backslashes;
  do {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH)
      backslashes += 1;
  } while (backslashes % 2 === 1);
  return end;
}
