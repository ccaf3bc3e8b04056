/** Who may run transactions: one at a time, in the order of asking. */

/** The right to run transactions, held by one at a time. */
export class Turn {
  #release;
  isHeld = true;
  /** Of the state that its holder has brought back, null for the present. @type {bigint | null} */
  timestamp = null;

  /** @param {() => void} release */
  constructor(release) {
    this.#release = release;
  }

  release() {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.#release();
  }
}

/** Gives turns in the order of asking. */
export class TurnQueue {
  /** @type {((turn: Turn) => void)[]} */
  #waiting = [];
  #isTaken = false;

  /** @returns {Promise<Turn>} */
  take() {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isTaken) this.#next();
    });
  }

  #next() {
    const resolve = this.#waiting.shift();
    this.#isTaken = resolve !== undefined;
    resolve?.(new Turn(() => this.#next()));
  }
}
