import {
  type FunctionReference,
  type FunctionType,
  type FunctionVisibility,
  getFunctionName,
} from "convex/server";

import { Connection, type ControlRequest } from "./connection.js";
import type { Address } from "./server.js";

/**
 * The time of a backend: of `Date`, `_creationTime` and scheduled functions.
 *
 * It is the machine's until it is set. Timers in actions (`setTimeout`) follow
 * the machine's all the same.
 */
export class Clock {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  now(): Promise<Date> {
    return this.#move({ method: "clock.now" });
  }

  /**
   * Goes to a moment, and stands still there unless it is told to tick on.
   *
   * Functions scheduled for a time up to then run on the way, each at its own
   * time, and have finished when this is done. Going back runs nothing. Throws
   * a `RangeError` for what is no time, an `Error` when a scheduled function
   * does not end.
   */
  async set(
    moment: Date | number,
    { ticking = false }: { ticking?: boolean | undefined } = {},
  ): Promise<Date> {
    const time = Math.floor(Number(moment));
    if (!Number.isFinite(time))
      throw new RangeError(`${String(moment)} is not a time`);
    return this.#move({ method: "clock.set", time, isRunning: ticking });
  }

  /** Goes forward, like `set`. A clock that stands still stands still again afterwards. */
  async advance(milliseconds: number): Promise<Date> {
    if (!(milliseconds >= 0 && Number.isFinite(milliseconds)))
      throw new RangeError(
        `cannot advance by ${milliseconds} ms; use set() to go back`,
      );
    return this.#move({
      method: "clock.advance",
      milliseconds: Math.floor(milliseconds),
    });
  }

  /** Goes back to the time of the machine. */
  followMachine(): Promise<Date> {
    return this.#move({ method: "clock.follow" });
  }

  async #move(request: ControlRequest): Promise<Date> {
    const { now } = await this.#connection.request<{ now: number }>(request);
    return new Date(now);
  }
}

/** Which calls a fault is for. */
export interface FaultTarget {
  /**
   * A function, such as `api.messages.send` or "messages:send"; the path of a
   * URL, such as "/http/hook"; "/api/sync", the opening of a WebSocket; or
   * "Connect", its first message. By default, every request that calls a
   * function or is made over HTTP.
   */
  path?:
    | string
    | FunctionReference<FunctionType, FunctionVisibility>
    | undefined;
  /**
   * The matching call, counted from 1 and from now on. Every one by default. A
   * subscription counts when it is made, not at each update.
   */
  nth?: number | undefined;
  /**
   * Only calls that were not sent before, so that what a client sends again
   * passes. Over a WebSocket, a call is the same when its session and its
   * request are; over HTTP, when its URL and its body are.
   */
  firstAttempts?: boolean | undefined;
}

/** Faults that calls suffer from now on, in the order in which they were added. */
export class Faults {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Lets calls wait. Over a WebSocket, what was sent after them waits too. */
  async delay(milliseconds: number, target: FaultTarget = {}): Promise<void> {
    if (!(milliseconds >= 0 && Number.isFinite(milliseconds)))
      throw new RangeError(`cannot delay by ${milliseconds} ms`);
    await this.#add("delay", target, { seconds: milliseconds / 1000 });
  }

  /**
   * Breaks the connection. With `after`, only when the function has run, so
   * that its effect is there and its answer is lost; by default it does not run.
   */
  async drop({
    after = false,
    ...target
  }: FaultTarget & { after?: boolean | undefined } = {}): Promise<void> {
    await this.#add(after ? "dropAnswer" : "drop", target);
  }

  /**
   * Never answers, and leaves the connection open until `clear` or the end of
   * the test; with `after`, only when the function has run. A WebSocket is
   * silent from then on, whatever is sent over it, and sends no pings.
   */
  async silence({
    after = false,
    ...target
  }: FaultTarget & { after?: boolean | undefined } = {}): Promise<void> {
    await this.#add(after ? "silenceAnswer" : "silence", target);
  }

  /**
   * Breaks the connection in the middle of the answer; the function has run
   * then. Over a WebSocket, that is half a frame.
   */
  async truncate(target: FaultTarget = {}): Promise<void> {
    await this.#add("halfAnswer", target);
  }

  /**
   * Answers with an HTTP status; the function does not run. An open WebSocket
   * has no statuses: as the real backend does with an internal error, the
   * server closes it with code 1011.
   */
  async error(status: number, target: FaultTarget = {}): Promise<void> {
    if (!(Number.isInteger(status) && status >= 400 && status <= 599))
      throw new RangeError(
        `${status} is not the status of an error, 400 to 599`,
      );
    await this.#add("error", target, { status });
  }

  /**
   * Undoes a mutation that has run, as a conflict with another one does, and
   * runs it again: behind all mutations that waited meanwhile, and on what they
   * have written. Those that actions, scheduled functions and cron jobs run
   * count too.
   */
  async conflict(
    target: Pick<FaultTarget, "path" | "nth"> = {},
  ): Promise<void> {
    if (typeof target.path === "string" && target.path.startsWith("/"))
      throw new RangeError(
        `${target.path} is no mutation, and nothing else has conflicts`,
      );
    await this.#add("conflict", target);
  }

  /** Ends all of them. */
  async clear(): Promise<void> {
    await this.#connection.request({ method: "faults.clear" });
  }

  async #add(
    kind: string,
    { path, nth, firstAttempts = false }: FaultTarget,
    extra: Record<string, number> = {},
  ): Promise<void> {
    if (nth !== undefined && !(Number.isInteger(nth) && nth >= 1))
      throw new RangeError(`calls are counted from 1, nth is ${nth}`);
    if (nth !== undefined && firstAttempts)
      throw new RangeError(
        "a fault is for the nth call or for all first attempts, not for both",
      );
    const name =
      path === undefined || typeof path === "string"
        ? path
        : getFunctionName(path);
    const fault = {
      kind,
      path: name ?? null,
      nth: nth ?? null,
      isFirstAttempt: firstAttempts,
      ...extra,
    };
    await this.#connection.request({ method: "faults.add", fault });
  }
}

/** The backend of one test. */
export class ConvexBackend {
  /** Its address, such as `http://127.0.0.1:50321`. Each test has a port of its own. */
  readonly url: string;
  /** The address of HTTP actions, the same for all tests of a process. */
  readonly siteUrl: string;
  /** The key that may call internal functions. */
  readonly adminKey: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly #connection: Connection;

  private constructor(
    connection: Connection,
    { url, siteUrl, adminKey }: Address,
  ) {
    this.url = url;
    this.siteUrl = siteUrl;
    this.adminKey = adminKey;
    this.clock = new Clock(connection);
    this.faults = new Faults(connection);
    this.#connection = connection;
  }

  /**
   * One from the servers that a setup lends at an address. Throws an `Error`
   * when there is none.
   */
  static async open(address: string | undefined): Promise<ConvexBackend> {
    const { connection, server } = await Connection.open(address);
    return new ConvexBackend(connection, server);
  }

  /** The last lines that functions and the server wrote, also in earlier tests. */
  logLines(): Promise<string[]> {
    return this.#connection.request({ method: "log" });
  }

  /** Ends it: no client reaches it any more. */
  close(): Promise<void> {
    return this.#connection.close();
  }
}
