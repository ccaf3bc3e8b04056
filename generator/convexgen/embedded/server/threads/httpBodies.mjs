/** Bodies of HTTP actions that come in parts from the thread of functions. */

import { Readable } from "node:stream";

/**
 * @typedef {{ type: "body", id: number, part: Uint8Array<ArrayBuffer> | null, isBroken: boolean }} BodyMessage
 *   a part of the body of an HTTP action, or its end, which may be one before its time
 * @typedef {{ path: string, body: Readable }} OpenBody
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
   * @param {() => void} cancel is called when nobody reads on
   * @returns {Readable} which is destroyed when the rest does not come
   */
  begin(call, path, cancel) {
    const body = new Readable({ read() {} });
    this.#open.set(call, { path, body });
    body.on("close", () => {
      if (this.#open.delete(call)) cancel();
    });
    // Whoever pipes it hears of it; before that, there is nobody to hear.
    body.on("error", () => {});
    return body;
  }

  /** @param {BodyMessage} message */
  receive({ id, part, isBroken }) {
    const body = this.#open.get(id)?.body;
    if (body === undefined) return;
    if (part !== null) {
      body.push(part);
      return;
    }
    this.#open.delete(id);
    if (isBroken) body.destroy(new Error("The HTTP action has failed"));
    else body.push(null);
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
