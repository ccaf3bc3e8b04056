/** What the thread of functions is at: all of it is over when the thread is lost. */

import { HttpBodies } from "./httpBodies.mjs";

/**
 * @typedef {import("./messages.mjs").JobMessage} JobMessage
 * @typedef {import("./requests.mjs").Lost} Lost
 * @typedef {import("./requests.mjs").PendingRequest} PendingRequest
 */

export class Unfinished {
  /** Without an answer. @type {Map<number, PendingRequest>} */
  #requests = new Map();
  /** Scheduled functions and cron jobs, by their calls. @type {Map<number, { path: string, jobId: string | null }>} */
  #jobs = new Map();
  /** Of HTTP actions that have been answered so far. */
  bodies = new HttpBodies();

  get isEmpty() {
    return (
      this.#requests.size === 0 &&
      this.#jobs.size === 0 &&
      this.bodies.size === 0
    );
  }

  /** Whether other code is being loaded. */
  get isLoading() {
    return this.requests().some(({ isLoading }) => isLoading);
  }

  /** @returns {PendingRequest[]} oldest first */
  requests() {
    return [...this.#requests.values()];
  }

  /** @param {PendingRequest} request */
  add(request) {
    this.#requests.set(request.message.id, request);
  }

  /** @param {number} id */
  request(id) {
    return this.#requests.get(id);
  }

  /**
   * @param {number} id
   * @returns {PendingRequest | undefined} whose answer has come
   */
  take(id) {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  /** @param {JobMessage} message */
  followJob({ id, path, jobId }) {
    if (path === null) this.#jobs.delete(id);
    else this.#jobs.set(id, { path, jobId });
  }

  /**
   * The thread is lost. What may run again stays.
   *
   * @param {Lost} lost
   * @returns {{ path: string | null, jobFailures: Map<string, string> }} of the call that was at
   *   fault, and, by id, why jobs have failed
   */
  end(lost) {
    const { call, text } = lost;
    const job = this.#jobs.get(call);
    let path = this.bodies.breakAll(call) ?? job?.path ?? null;
    for (const [id, request] of this.#requests) {
      path ??= request.pathOf(call);
      if (!request.survives(lost)) this.#requests.delete(id);
    }
    this.#jobs.clear();
    return {
      path,
      jobFailures: new Map(job?.jobId ? [[job.jobId, text]] : []),
    };
  }
}
