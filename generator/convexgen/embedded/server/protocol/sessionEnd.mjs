/**
 * How the server ends a session.
 * Source: `run_sync_socket` in the backend's `local_backend/src/subs/mod.rs`, and
 * `close_frame` in its `errors/src/lib.rs`.
 */

/** Close codes of WebSocket that Convex uses. */
const INTERNAL_ERROR = 1011;
const TRY_AGAIN_LATER = 1013;

/** The last that a client hears: maybe a message, then the close of the socket. */
export class SessionEnd extends Error {
  /**
   * @param {string} message
   * @param {object} options
   * @param {object | null} [options.notice] a message of the protocol
   * @param {number} [options.code] none: the client has been told by the notice
   * @param {string} [options.reason]
   */
  constructor(message, { notice = null, code, reason }) {
    super(message);
    this.notice = notice;
    this.code = code;
    this.reason = reason;
  }
}

/**
 * The client does not follow the protocol, and should not try again.
 *
 * @param {string} error
 */
export function fatal(error) {
  return new SessionEnd(error, { notice: { type: "FatalError", error } });
}

/**
 * @param {string} error
 * @param {number} baseVersion of the identity that the client has been told
 * @param {boolean} authUpdateAttempted whether the client gave a token just now
 */
export function authFailure(error, baseVersion, authUpdateAttempted) {
  return new SessionEnd(error, {
    notice: { type: "AuthError", error, baseVersion, authUpdateAttempted },
  });
}

/**
 * @param {string} code such as `TooManyConcurrentMutations`
 * @param {string} message
 */
export function overload(code, message) {
  return new SessionEnd(message, { code: TRY_AGAIN_LATER, reason: code });
}

/**
 * What Convex takes for an error of its own, whoever is at fault.
 *
 * @param {string} message for the log, since the client is not told
 */
export function internalError(message) {
  return new SessionEnd(message, {
    code: INTERNAL_ERROR,
    reason: "InternalServerError",
  });
}
