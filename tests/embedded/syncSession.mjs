/** A session of the sync protocol, spoken by hand, with the backend at CONVEX_URL. */

import { createRequire } from "node:module";

// `ws` is a dependency of `convex`, not of this project.
const require = createRequire(createRequire(import.meta.url).resolve("convex"));
/** @type {typeof import("ws")} */
const { WebSocket } = require("ws");

export const url = process.env.CONVEX_URL ?? "";

export class Session {
  /** @type {any[]} */
  received = [];
  /** @type {(() => void)[]} */
  #waiting = [];
  #position = 0;
  #querySet = 0;
  #isClosed = false;
  closed = new Promise(() => {});

  /** @param {{ sessionId?: string | null, path?: string, maxObservedTimestamp?: string }} [options] */
  static async open({
    sessionId = crypto.randomUUID(),
    path = "/api/sync",
    maxObservedTimestamp = undefined,
  } = {}) {
    const session = new Session();
    const socket = new WebSocket(url.replace("http", "ws") + path);
    session.socket = socket;
    socket.on("message", (data) => {
      const message = JSON.parse(String(data));
      if (message.type === "Ping") return;
      session.received.push(message);
      for (const wake of session.#waiting.splice(0)) wake();
    });
    session.closed = new Promise((resolve) =>
      socket.on("close", (code) => {
        session.#isClosed = true;
        for (const wake of session.#waiting.splice(0)) wake();
        resolve(code);
      }),
    );
    await new Promise((resolve, reject) =>
      socket.on("open", resolve).on("error", reject),
    );
    if (sessionId !== null)
      session.send(connect(sessionId, maxObservedTimestamp));
    return session;
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  /** The next message that was not taken yet. */
  async next() {
    while (this.#position === this.received.length) {
      if (this.#isClosed)
        throw new Error(`Closed: ${JSON.stringify(this.received.at(-1))}`);
      await new Promise((resolve) =>
        this.#waiting.push(() => resolve(undefined)),
      );
    }
    return this.received[this.#position++];
  }

  async nextOf(type) {
    for (;;) {
      const message = await this.next();
      if (message.type === type) return message;
    }
  }

  async answerTo(requestId, udfPath, args) {
    this.send(mutation(requestId, udfPath, args));
    return await this.nextOf("MutationResponse");
  }

  /** What is not a transition, and the code of the close. */
  async end() {
    const code = await this.closed;
    const told = this.received.filter(({ type }) => type !== "Transition");
    return [...told.map(({ type }) => type), code];
  }

  modify(...modifications) {
    const baseVersion = this.#querySet++;
    this.send({
      type: "ModifyQuerySet",
      baseVersion,
      newVersion: baseVersion + 1,
      modifications,
    });
  }

  add(queryId, udfPath, args) {
    this.modify({ type: "Add", queryId, udfPath, args: [args] });
  }
}

export const mutation = (requestId, udfPath, args) => ({
  type: "Mutation",
  requestId,
  udfPath,
  args: [args],
});

export const connect = (sessionId, maxObservedTimestamp) => ({
  type: "Connect",
  sessionId,
  connectionCount: 0,
  lastCloseReason: null,
  maxObservedTimestamp,
});

/** @param {bigint} timestamp Unix nanoseconds */
export function encodeTimestamp(timestamp) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(timestamp);
  return bytes.toString("base64");
}

export const decodeTimestamp = (text) =>
  Buffer.from(text, "base64").readBigUInt64LE();

/** A token of the claims, which nobody has signed. */
export const unsigned = (claims) =>
  ["{}", JSON.stringify(claims), ""]
    .map((part) => Buffer.from(part).toString("base64url"))
    .join(".");
