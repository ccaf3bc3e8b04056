/** A loopback port that is taken before anything is served there: its address is known to what is loaded then. */

import { once } from "node:events";
import { IncomingMessage, createServer } from "node:http";
import { isIPv6 } from "node:net";
import { StartError } from "../errors.mjs";

/**
 * @typedef {import("node:http").RequestListener} RequestListener
 * @typedef {import("node:stream").Duplex} Duplex
 * @typedef {(request: IncomingMessage, socket: Duplex, head: Buffer) => void} UpgradeListener
 * @typedef {{ request: RequestListener, upgrade: UpgradeListener }} Listeners
 */

const KEEP_ALIVE_TIMEOUT = 120_000;
const MAX_PORT = 65_535;

/**
 * A request, of which `upgrade` says whether it is for the listener of that name. The offer of another
 * protocol than WebSocket is ignored, as a server may (RFC 9110, 7.8), and Convex's does: Node.js
 * before 24.9 hands all of them over.
 */
class Request extends IncomingMessage {
  // No private field: the constructor of the class above sets it.
  offersProtocol = false;

  /** @param {boolean} offersProtocol as the parser has it, and what listens */
  set upgrade(offersProtocol) {
    this.offersProtocol = offersProtocol;
  }

  get upgrade() {
    const isForListener =
      this.method === "CONNECT" ||
      this.headers.upgrade?.toLowerCase() === "websocket";
    return this.offersProtocol && isForListener;
  }
}

export class Port {
  #server = createServer({
    IncomingMessage: Request,
    noDelay: true,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
  });
  /** @type {(listeners: Listeners) => void} */
  #begin = () => {};
  /** Whoever comes before it is served waits for it. */
  #listeners = this.#wait();
  /** Such as `http://127.0.0.1:50321`. */
  url = "";
  number = 0;

  /**
   * @param {string} address of this machine alone
   * @param {number} number 0 for any free one
   * @param {string} option by which another one is named
   * @returns {Promise<Port>}
   * @throws {StartError} when it cannot be had
   */
  static async open(address, number, option) {
    const port = new Port();
    try {
      await port.#listen(address, number);
    } catch (error) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
      throw new StartError(
        code === "EADDRINUSE"
          ? `Port ${number} is in use. Name another with ${option}, or 0 for any free one.`
          : `The server cannot listen at ${address}, port ${number}: ${message}`,
      );
    }
    return port;
  }

  /**
   * The port of HTTP actions: the one that is named, else that behind the other one, where the
   * backend that one hosts oneself has it too, or any where that is taken.
   *
   * @param {string} address
   * @param {number | null} number
   * @param {number} other 0 when it was any free one
   * @returns {Promise<Port>}
   * @throws {StartError} when the one that is named cannot be had
   */
  static async openForSite(address, number, other) {
    const option = "--site-port";
    if (number !== null) return Port.open(address, number, option);
    const next = other === 0 || other === MAX_PORT ? 0 : other + 1;
    return Port.open(address, next, option).catch(() =>
      Port.open(address, 0, option),
    );
  }

  constructor() {
    this.#server.on("request", async (request, response) => {
      // The parser of Node.js loses what came in one packet behind it.
      if (request.offersProtocol) response.setHeader("Connection", "close");
      (await this.#listeners).request(request, response);
    });
    this.#server.on("upgrade", async (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      (await this.#listeners).upgrade(request, socket, head);
    });
  }

  /**
   * @param {string} address
   * @param {number} number
   */
  async #listen(address, number) {
    this.#server.listen(number, address);
    await once(this.#server, "listening");
    const bound = this.#server.address();
    this.number =
      typeof bound === "object" && bound !== null ? bound.port : number;
    const host = isIPv6(address) ? `[${address}]` : address;
    this.url = `http://${host}:${this.number}`;
  }

  /** @returns {Promise<Listeners>} */
  #wait() {
    return new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  /** @param {Listeners} listeners */
  serve(listeners) {
    this.#begin(listeners);
  }

  /** Ends every connection; new ones wait until it is served again. */
  disconnect() {
    this.#listeners = this.#wait();
    this.#server.closeAllConnections();
  }

  /** @returns {Promise<void>} when it is free again */
  async close() {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.disconnect();
    await closed;
  }
}
