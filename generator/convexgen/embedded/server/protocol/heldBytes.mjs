/** What is kept of what clients have sent, and for them: all of them together hold so much memory of either. */

/** A file of 256 MiB and eight bodies of 16 MiB, which is far more than what programs send. */
const MOST_BYTES = 384 * 1024 * 1024;
/** Of these, what is being answered, and cannot be given up: the rest is for what comes, and what is subscribed to. */
const MOST_KEPT = 0.75;

/** One request, or one socket. */
export class Share {
  #bytes;
  /** @type {(() => void) | null} */
  #onRefused;
  size = 0;

  /**
   * @param {HeldBytes} bytes
   * @param {() => void} onRefused lets go of what has come, and has nothing more kept
   */
  constructor(bytes, onRefused) {
    this.#bytes = bytes;
    this.#onRefused = onRefused;
  }

  /** @param {number} count that have come, or negative ones that were dealt with */
  add(count) {
    this.#bytes.add(this, count);
  }

  /**
   * It is whole, and to be answered.
   *
   * @returns {boolean} whether there is room for it until then
   */
  keep() {
    if (!this.#bytes.keep(this)) return false;
    this.#onRefused = null;
    return true;
  }

  get isKept() {
    return this.#onRefused === null;
  }

  /** All that came was dealt with. */
  close() {
    this.#bytes.close(this);
  }

  refuse() {
    this.close();
    this.#onRefused?.();
  }
}

export class HeldBytes {
  #most;
  #total = 0;
  #kept = 0;
  /** @type {Set<Share>} */
  #shares = new Set();

  /** @param {number} [most] */
  constructor(most = MOST_BYTES) {
    this.#most = most;
  }

  /**
   * @param {() => void} onRefused
   * @returns {Share}
   */
  open(onRefused) {
    const share = new Share(this, onRefused);
    this.#shares.add(share);
    return share;
  }

  /**
   * @param {number} size of what is to be answered, for as long as that takes, whoever has gone
   * @returns {Share | null} null where there is no room for it
   */
  openKept(size) {
    if (!this.#hasRoomToKeep(size)) return null;
    const share = this.open(() => {});
    share.keep();
    share.add(size);
    return share;
  }

  /**
   * @param {Share} share
   * @returns {boolean} whether there is room
   */
  keep(share) {
    const hasRoom = this.#shares.has(share) && this.#hasRoomToKeep(share.size);
    if (hasRoom) this.#kept += share.size;
    return hasRoom;
  }

  /** @param {number} size */
  #hasRoomToKeep(size) {
    return this.#kept + size <= this.#most * MOST_KEPT;
  }

  /**
   * @param {Share} share
   * @param {number} count
   */
  add(share, count) {
    if (!this.#shares.has(share)) return;
    share.size += count;
    this.#total += count;
    if (share.isKept) this.#kept += count;
    // Who sends the most makes way, so that nobody's small request does.
    for (const one of this.#fromTheLargest()) {
      if (this.#total <= this.#most) return;
      one.refuse();
    }
  }

  /** @param {Share} share */
  close(share) {
    if (!this.#shares.delete(share)) return;
    this.#total -= share.size;
    if (share.isKept) this.#kept -= share.size;
  }

  #fromTheLargest() {
    if (this.#total <= this.#most) return [];
    return [...this.#shares]
      .filter(({ isKept }) => !isKept)
      .sort((one, other) => other.size - one.size);
  }
}

/** From clients: it waits, is answered or is subscribed to. */
export const received = new HeldBytes();
/** For clients: it is collected, or not read. */
export const made = new HeldBytes();
