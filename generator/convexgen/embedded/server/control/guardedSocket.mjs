/** A WebSocket whose messages and answers suffer faults. */

import { EventEmitter } from "node:events";
import { setTimeout } from "node:timers/promises";
import { functionPath } from "../calls/definitions.mjs";
import { CONNECT } from "./activeFaults.mjs";

/**
 * @typedef {import("node:stream").Duplex} Duplex
 * @typedef {import("ws").WebSocket} WebSocket
 * @typedef {import("./activeFaults.mjs").ActiveFaults} ActiveFaults
 * @typedef {import("./activeFaults.mjs").FaultKind} FaultKind
 *
 * @typedef {object} ExpectedAnswer
 * @property {(text: string) => boolean} isIt
 * @property {FaultKind} kind what is to become of it
 */

/** The server cannot go on with this connection. */
const CLOSE_INTERNAL_ERROR = 1011;

/** What a session uses of a WebSocket: messages pass one after another, late or not at all. */
export class GuardedSocket extends EventEmitter {
  #socket;
  #connection;
  #faults;
  #passing = Promise.resolve();
  #isSilent = false;
  #sessionId = "";
  /** @type {ExpectedAnswer[]} */
  #expected = [];

  /**
   * @param {WebSocket} socket
   * @param {Duplex} connection below it
   * @param {ActiveFaults} faults
   */
  constructor(socket, connection, faults) {
    super();
    this.#socket = socket;
    this.#connection = connection;
    this.#faults = faults;
    socket.on("message", (data, isBinary) => {
      this.#passing = this.#passing.then(() =>
        this.#pass(String(data), isBinary),
      );
    });
    socket.on("close", () => this.emit("close"));
    socket.on("error", (error) => this.emit("error", error));
  }

  /**
   * @param {string} text
   * @param {boolean} isBinary
   */
  async #pass(text, isBinary) {
    const message = this.#faults.isEmpty ? null : parsed(text);
    if (message?.type === "Connect") this.#sessionId = message.sessionId;
    const names = namesOf(message);
    const faults =
      names.length === 0
        ? []
        : this.#faults.take({
            names,
            isNamedOnly: message.type === "Connect",
            attempt: `${this.#sessionId} ${attemptOf(message)}`,
          });
    for (const { kind, seconds } of faults) {
      switch (kind) {
        case "delay":
          await setTimeout((seconds ?? 0) * 1000);
          break;
        case "drop":
          this.#socket.terminate();
          return;
        case "silence":
          this.#fallSilent();
          return;
        case "error":
          this.#socket.close(
            CLOSE_INTERNAL_ERROR,
            "InternalServerError: a test asked for this error",
          );
          return;
        default:
          this.#expected.push({ isIt: answerTo(message), kind });
      }
    }
    if (!this.#isSilent && this.#socket.readyState === this.#socket.OPEN)
      this.emit("message", text, isBinary);
  }

  /** Like a host that is gone: nothing is read or sent, pings included. */
  #fallSilent() {
    this.#isSilent = true;
    this.#socket.pause();
    this.#faults.keepSilent(() => this.#socket.terminate());
  }

  /**
   * @param {string} text
   * @param {() => void} onSent
   */
  send(text, onSent) {
    if (this.#isSilent) return;
    const position = this.#expected.findIndex(({ isIt }) => isIt(text));
    const [expected] = position < 0 ? [] : this.#expected.splice(position, 1);
    switch (expected?.kind) {
      case "dropAnswer":
        this.#socket.terminate();
        break;
      case "silenceAnswer":
        this.#fallSilent();
        break;
      case "halfAnswer":
        this.#isSilent = true;
        this.#connection.write(halfFrame(text), () =>
          this.#connection.destroy(),
        );
        break;
      default:
        this.#socket.send(text, onSent);
    }
  }

  ping() {
    if (!this.#isSilent) this.#socket.ping();
  }

  /**
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code, reason) {
    if (!this.#isSilent) this.#socket.close(code, reason);
  }

  get bufferedAmount() {
    return this.#socket.bufferedAmount;
  }

  terminate() {
    this.#socket.terminate();
  }
}

/**
 * @param {string} text
 * @returns {any} null when it is no message
 */
function parsed(text) {
  try {
    const message = JSON.parse(text);
    return typeof message === "object" ? message : null;
  } catch {
    return null;
  }
}

/**
 * @param {any} message
 * @returns {string[]} none for what calls no function and begins no session
 */
function namesOf(message) {
  if (message === null) return [];
  if (message.type === "Connect") return [CONNECT];
  const calls =
    message.type === "ModifyQuerySet"
      ? [...(message.modifications ?? [])]
      : [message];
  return calls
    .map(({ udfPath }) => udfPath)
    .filter((path) => typeof path === "string")
    .map(functionPath);
}

/** @param {any} message */
function attemptOf({ type, requestId, modifications }) {
  if (type !== "ModifyQuerySet") return `${type} ${requestId}`;
  const ids = modifications.map((/** @type {any} */ { queryId }) => queryId);
  return `${type} ${ids.join(" ")}`;
}

/**
 * @param {any} message
 * @returns {(text: string) => boolean} whether a message of the server is the answer to it
 */
function answerTo({ type, requestId, newVersion }) {
  if (type === "Connect") return () => true;
  if (type !== "ModifyQuerySet") {
    const head = `{"type":"${type}Response","requestId":${requestId},`;
    return (text) => text.startsWith(head);
  }
  const version = /^\{"type":"Transition".*?"endVersion":\{"querySet":(\d+)/;
  return (text) =>
    text.startsWith('{"type":"TransitionChunk"') ||
    Number(version.exec(text)?.[1] ?? -1) >= newVersion;
}

/**
 * @param {string} text
 * @returns {Buffer} the first half of the frame that would carry it (RFC 6455, 5.2)
 */
function halfFrame(text) {
  const payload = Buffer.from(text);
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  if (head.length === 2) head[1] = length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload.subarray(0, Math.ceil(length / 2))]);
}
