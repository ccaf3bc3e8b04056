/**
 * What a WebSocket keeps of a message that has not come to its end: each frame of it, however
 * short, and the pieces of the frame that comes (RFC 6455, 5.2).
 */

/** What a `Buffer` takes of memory, beside its content, as measured: some 400 bytes. */
const BYTES_OF_BUFFER = 512;

const FIN = 0x80;
const CONTROL = 0x08;
const MASKED = 0x80;
const LENGTH = 0x7f;
const LENGTH_OF_16_BITS = 126;
const LENGTH_OF_64_BITS = 127;
const MASK_SIZE = 4;

export class UnfinishedMessage {
  /** Bytes of memory. */
  weight = 0;
  /** Of the frame that comes, as far as it is there. @type {number[]} */
  #head = [];
  /** Bytes of its payload that have not come. */
  #rest = 0;

  /** @param {Buffer} piece */
  add(piece) {
    let place = 0;
    while (place < piece.length) {
      if (this.#rest > 0) {
        const count = Math.min(this.#rest, piece.length - place);
        place += count;
        this.#rest -= count;
        if (!this.#isControl) this.weight += count;
      } else {
        this.#head.push(/** @type {number} */ (piece[place]));
        place += 1;
        const length = payloadLength(this.#head);
        if (length === null) continue;
        this.#rest = length;
        if (!this.#isControl) this.weight += BYTES_OF_BUFFER;
      }
      if (this.#rest === 0) this.#endFrame();
    }
    if (this.#rest > 0) this.weight += BYTES_OF_BUFFER;
  }

  get #isControl() {
    return ((this.#head[0] ?? 0) & CONTROL) !== 0;
  }

  #endFrame() {
    const isLast = ((this.#head[0] ?? 0) & FIN) !== 0;
    if (isLast && !this.#isControl) this.weight = 0;
    this.#head = [];
  }
}

/**
 * @param {number[]} head of a frame, from its first byte
 * @returns {number | null} null for one that has not come to its end
 */
function payloadLength(head) {
  const [, second] = head;
  if (second === undefined) return null;
  const length = second & LENGTH;
  const extended =
    length === LENGTH_OF_16_BITS ? 2 : length === LENGTH_OF_64_BITS ? 8 : 0;
  const mask = (second & MASKED) === 0 ? 0 : MASK_SIZE;
  if (head.length < 2 + extended + mask) return null;
  return extended === 0
    ? length
    : head.slice(2, 2 + extended).reduce((sum, byte) => sum * 256 + byte, 0);
}
