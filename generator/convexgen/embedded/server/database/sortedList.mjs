/**
 * A sorted list in chunks: positions are found by binary search, an insertion or
 * a removal moves at most one chunk.
 */

const MAX_CHUNK_LENGTH = 512;

/**
 * A place between two items: the index of a chunk and an offset in it.
 *
 * @typedef {{ chunk: number, offset: number }} Position
 */

/** @template T */
export class SortedList {
  /** @type {T[][]} */
  #chunks = [];
  #length = 0;
  #compare;

  /**
   * @param {(left: T, right: T) => number} compare a total order without ties
   * @param {T[]} [items] in any order
   */
  constructor(compare, items = []) {
    this.#compare = compare;
    const sorted = items.sort(compare);
    for (let start = 0; start < sorted.length; start += MAX_CHUNK_LENGTH)
      this.#chunks.push(sorted.slice(start, start + MAX_CHUNK_LENGTH));
    this.#length = sorted.length;
  }

  get length() {
    return this.#length;
  }

  /**
   * @param {(item: T) => boolean} isBefore true for a prefix of the list
   * @returns {Position} behind the last item that is before
   */
  find(isBefore) {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const items = /** @type {T[]} */ (this.#chunks[middle]);
      if (isBefore(/** @type {T} */ (items[items.length - 1])))
        low = middle + 1;
      else high = middle;
    }
    const chunk = low;
    const items = this.#chunks[chunk];
    if (items === undefined) return { chunk, offset: 0 };
    low = 0;
    high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(/** @type {T} */ (items[middle]))) low = middle + 1;
      else high = middle;
    }
    return { chunk, offset: low };
  }

  /** @param {T} item */
  insert(item) {
    // A list that grows at its end (creation times do) keeps full chunks.
    const last = this.#chunks[this.#chunks.length - 1];
    if (
      last === undefined ||
      this.#compare(/** @type {T} */ (last[last.length - 1]), item) < 0
    ) {
      if (last === undefined || last.length >= MAX_CHUNK_LENGTH)
        this.#chunks.push([item]);
      else last.push(item);
      this.#length += 1;
      return;
    }
    const { chunk, offset } = this.find(
      (other) => this.#compare(other, item) < 0,
    );
    const items = /** @type {T[]} */ (this.#chunks[chunk]);
    items.splice(offset, 0, item);
    this.#length += 1;
    if (items.length > MAX_CHUNK_LENGTH)
      this.#chunks.splice(chunk + 1, 0, items.splice(items.length >> 1));
  }

  /**
   * Puts an item in the place of the one that is equal to it in the order.
   *
   * @param {T} item
   */
  replace(item) {
    const { chunk, offset } = this.find(
      (other) => this.#compare(other, item) < 0,
    );
    const items = this.#chunks[chunk];
    if (items !== undefined) items[offset] = item;
  }

  /**
   * @param {T} item
   * @returns {boolean} whether it was there
   */
  remove(item) {
    const { chunk, offset } = this.find(
      (other) => this.#compare(other, item) < 0,
    );
    const items = this.#chunks[chunk];
    const found = items?.[offset];
    if (
      items === undefined ||
      found === undefined ||
      this.#compare(found, item) !== 0
    )
      return false;
    items.splice(offset, 1);
    if (items.length === 0) this.#chunks.splice(chunk, 1);
    this.#length -= 1;
    return true;
  }

  /**
   * The item behind a position, which then lies behind that item.
   *
   * @param {Position} position is moved
   * @returns {T | undefined}
   */
  next(position) {
    const items = this.#chunks[position.chunk];
    if (items === undefined) return undefined;
    if (position.offset < items.length) return items[position.offset++];
    position.chunk += 1;
    position.offset = 0;
    return this.#chunks[position.chunk]?.[position.offset++];
  }

  /**
   * The item before a position, which then lies before that item.
   *
   * @param {Position} position is moved
   * @returns {T | undefined}
   */
  previous(position) {
    if (position.offset > 0)
      return this.#chunks[position.chunk]?.[--position.offset];
    if (position.chunk === 0) return undefined;
    position.chunk -= 1;
    const items = /** @type {T[]} */ (this.#chunks[position.chunk]);
    position.offset = items.length - 1;
    return items[position.offset];
  }
}
