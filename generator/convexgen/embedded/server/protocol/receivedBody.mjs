/** The body of a request while it comes, in whatever pieces. */

const SMALLEST_BLOCK = 4 * 1024;
const LARGEST_BLOCK = 1024 * 1024;

/** Copies what comes: a `Buffer` for each piece takes hundreds of bytes, also for a piece of one. */
export class ReceivedBody {
  /** @type {Buffer[]} */
  #blocks = [];
  /** Of the last block. */
  #free = 0;
  /** What the blocks take of memory, in bytes. */
  held = 0;

  /** @param {Buffer} piece */
  add(piece) {
    let copied = 0;
    while (copied < piece.length) {
      if (this.#free === 0) this.#addBlock();
      const block = /** @type {Buffer} */ (this.#blocks.at(-1));
      const count = piece.copy(block, block.length - this.#free, copied);
      this.#free -= count;
      copied += count;
    }
  }

  #addBlock() {
    const size = Math.min(Math.max(this.held, SMALLEST_BLOCK), LARGEST_BLOCK);
    this.#blocks.push(Buffer.allocUnsafeSlow(size));
    this.#free = size;
    this.held += size;
  }

  /** @returns {Buffer} */
  whole() {
    return Buffer.concat(this.#blocks, this.held - this.#free);
  }

  drop() {
    this.#blocks = [];
    this.#free = 0;
    this.held = 0;
  }
}
