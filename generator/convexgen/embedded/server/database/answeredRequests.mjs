/** What mutations were answered that a client may send again. */

/**
 * @typedef {[key: string, timestamp: string, value: string, logLines: string[], wroteNothing?: true]} AnsweredRequest
 *   of a session and a request, which a space parts; Unix nanoseconds, lossless JSON
 */

/**
 * So long is an answer kept, in nanoseconds: 14 days.
 * Source: `MAX_SESSION_CLEANUP_DURATION` in the backend's `common/src/knobs.rs`.
 */
const ANSWER_LIFETIME = 14n * 24n * 3_600n * 1_000_000_000n;

/** Of all answers, in characters: some hundred thousand small ones, or four of the largest. */
const MOST_CHARACTERS = 64 * 1024 * 1024;
/** What an answer takes beside its texts. */
const CHARACTERS_OF_ANSWER = 256;

/** One session's, oldest first. */
class SessionAnswers {
  weight = 0;
  /** By key. @type {Map<string, number>} */
  weights = new Map();
}

export class AnsweredRequests {
  #most;
  #total = 0;
  /** By key, oldest first. @type {Map<string, AnsweredRequest>} */
  #requests = new Map();
  /** @type {Map<string, SessionAnswers>} */
  #sessions = new Map();

  /** @param {number} [most] */
  constructor(most = MOST_CHARACTERS) {
    this.#most = most;
  }

  /**
   * @param {AnsweredRequest[]} requests
   * @param {bigint} now Unix nanoseconds
   */
  add(requests, now) {
    for (const request of requests) {
      const [key] = request;
      // One that was forgotten and made again becomes the newest.
      this.#delete(key);
      this.#requests.set(key, request);
      this.#weigh(key, weightOf(request));
    }
    for (const [key, request] of this.#requests) {
      if (!isForgotten(request, now)) break;
      this.#delete(key);
    }
    if (this.#total > this.#most) this.#makeRoom();
  }

  /**
   * @param {string} key
   * @param {bigint} now Unix nanoseconds
   * @returns {AnsweredRequest | null} null when there is none, or none any more
   */
  get(key, now) {
    const request = this.#requests.get(key);
    return request === undefined || isForgotten(request, now) ? null : request;
  }

  /** @returns {AnsweredRequest[]} oldest first */
  all() {
    return [...this.#requests.values()];
  }

  /**
   * @param {string} key
   * @param {number} weight
   */
  #weigh(key, weight) {
    const name = sessionOf(key);
    const session = this.#sessions.get(name) ?? new SessionAnswers();
    this.#sessions.set(name, session);
    session.weights.set(key, weight);
    session.weight += weight;
    this.#total += weight;
  }

  /** @param {string} key */
  #delete(key) {
    if (!this.#requests.delete(key)) return;
    const name = sessionOf(key);
    const session = this.#sessions.get(name);
    const weight = session?.weights.get(key) ?? 0;
    session?.weights.delete(key);
    if (session?.weights.size === 0) this.#sessions.delete(name);
    else if (session !== undefined) session.weight -= weight;
    this.#total -= weight;
  }

  /**
   * Forgets those of mutations that wrote nothing, which may be made again, and then the older half of
   * the sessions that have most: nobody's few answers make way for those of another. Room for a
   * quarter is made at once, since sessions may be many.
   */
  #makeRoom() {
    const target = this.#most * 0.75;
    const sessions = [...this.#sessions.values()];
    sessions.sort((one, other) => other.weight - one.weight);
    for (const { weights } of sessions) {
      for (const key of weights.keys()) {
        if (this.#total <= target) return;
        if (this.#requests.get(key)?.[4]) this.#delete(key);
      }
    }
    for (const session of sessions) {
      const half = session.weight / 2;
      for (const key of session.weights.keys()) {
        if (this.#total <= target) return;
        if (session.weight <= half) break;
        this.#delete(key);
      }
    }
  }
}

/** @param {string} key */
function sessionOf(key) {
  return key.slice(0, key.lastIndexOf(" "));
}

/** @param {AnsweredRequest} request */
function weightOf([key, , value, logLines]) {
  const texts = logLines.reduce((sum, line) => sum + line.length, 0);
  return CHARACTERS_OF_ANSWER + key.length + value.length + texts;
}

/**
 * @param {AnsweredRequest} request
 * @param {bigint} now Unix nanoseconds
 */
function isForgotten([, timestamp], now) {
  return BigInt(timestamp) + ANSWER_LIFETIME < now;
}
