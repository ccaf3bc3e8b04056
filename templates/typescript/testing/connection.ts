import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

import type { Address } from "./server.js";

/** A request to a server for tests; `method` says which. */
export interface ControlRequest {
  method: string;
  [parameter: string]: unknown;
}

const NO_SETUP =
  "Nothing lends Convex backends to tests. Name testing/setup.ts of the generated client in the " +
  'configuration of vitest: test: { globalSetup: "./generated/typescript/testing/setup.ts" }';

/** A server that a test has for itself, until it closes the connection. */
export class Connection {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  /** Requests are made one after another. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  /**
   * Waits for a server with an empty database. Throws an `Error` when there is
   * no setup, or no server could be started.
   */
  static async open(
    address: string | undefined,
  ): Promise<{ connection: Connection; server: Address }> {
    if (address === undefined) throw new Error(NO_SETUP);
    const socket = connect(address);
    socket.on("error", () => undefined);
    const connection = new Connection(socket);
    return { connection, server: await connection.#answer<Address>() };
  }

  /** The answer to a request. Throws an `Error` with what the server refuses. */
  request<Answer>(request: ControlRequest): Promise<Answer> {
    const answer = this.#last.then(() => {
      this.#socket.write(`${JSON.stringify(request)}\n`);
      return this.#answer<Answer>();
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Gives the server back. */
  async close(): Promise<void> {
    this.#socket.end();
    if (!this.#socket.closed) await once(this.#socket, "close");
  }

  async #answer<Answer>(): Promise<Answer> {
    const { done, value } = await this.#lines.next();
    if (done) throw new Error("The Convex backend of this test has ended.");
    const answer = JSON.parse(value);
    if ("error" in answer) throw new Error(answer.error);
    return answer;
  }
}
