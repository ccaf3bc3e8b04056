/** Bodies of HTTP actions that come in parts from the thread of functions. */

import { Readable } from "node:stream";

/**
 * @typedef {{ type: "body", id: number, part: Uint8Array<ArrayBuffer> | null, isBroken: boolean }} BodyMessage
 *   a part of the body of an HTTP action, or its end, which may be one before its time
 * @typedef {object} OpenBody
 * @property {string} path
 * @property {Readable} body
 * @property {() => void} readOn asks for another part
 * @property {boolean} isFull nobody has read what has come
 *
 * What HTTP actions answer, with a body that is there or comes.
 *
 * @typedef {Omit<import("../calls/httpAnswers.mjs").HttpAnswer, "body">
 *   & { body: Uint8Array<ArrayBuffer> | Readable }} ReceivedAnswer
 */

export class HttpBodies {
  /** By their calls. @type {Map<number, OpenBody>} */
  #open = new Map();

  get size() {
    return this.#open.size;
  }

  /**
   * @param {number} call
   * @param {string} path
   * @param {object} ask
   * @param {() => void} ask.readOn for another part, one for each that has come
   * @param {() => void} ask.cancel when nobody reads on
   * @returns {Readable} which is destroyed when the rest does not come
   */
  begin(call, path, { readOn, cancel }) {
    const body = new Readable({ read: () => this.#readOn(call) });
    this.#open.set(call, { path, body, readOn, isFull: false });
    body.on("close", () => {
      if (this.#open.delete(call)) cancel();
    });
    // Whoever pipes it hears of it; before that, there is nobody to hear.
    body.on("error", () => {});
    return body;
  }

  /** @param {BodyMessage} message */
  receive({ id, part, isBroken }) {
    const open = this.#open.get(id);
    if (open === undefined) return;
    const { body } = open;
    if (part !== null) {
      open.isFull = !body.push(part);
      if (!open.isFull) open.readOn();
      return;
    }
    this.#open.delete(id);
    if (isBroken) body.destroy(new Error("The HTTP action has failed"));
    else body.push(null);
  }

  /** @param {number} call whose body has been read so far that there is room again */
  #readOn(call) {
    const open = this.#open.get(call);
    if (!open?.isFull) return;
    open.isFull = false;
    open.readOn();
  }

  /**
   * The thread is lost.
   *
   * @param {number} call that was at fault
   * @returns {string | null} the path of that call, if it is one of these
   */
  breakAll(call) {
    const path = this.#open.get(call)?.path ?? null;
    for (const id of [...this.#open.keys()])
      this.receive({ type: "body", id, part: null, isBroken: true });
    return path;
  }
}
