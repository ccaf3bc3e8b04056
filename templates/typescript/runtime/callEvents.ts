import type { Call } from "./calls.js";
import { ConvexgenError } from "./errors.js";

/**
 * A call of a function that has ended, with all its attempts.
 *
 * It has nothing of what the function was given or has returned, no message of an
 * error, no token and no key, so that it may be logged as it is.
 */
export interface CallEvent {
  /** That of the deployment. */
  readonly url: string;
  readonly kind: "action" | "mutation" | "query";
  /** The function, such as "threads:getById"; "/api/query_ts" where a snapshot begins. */
  readonly path: string;
  /**
   * How often it was sent: 0 where it was refused before, or there was no
   * connection. Browsers do not say that there was none, so that it counts there.
   */
  readonly attempts: number;
  /** From its beginning to its end, with all that was waited for. */
  readonly milliseconds: number;
  /** Of all attempts: of their JSON, and not of headers, frames and encryption. */
  readonly bytesSent: number;
  /** The same, of all answers; where they were compressed, of what that stands for. */
  readonly bytesReceived: number;
  /** The class of what it threw; undefined where it has returned. */
  readonly error: ErrorClass | undefined;
  /** See `ConvexgenError.requestId`. */
  readonly requestId: string | undefined;
}

/** Is told of each call, before who has made it has its result. It is not awaited. */
export type OnCall = (event: CallEvent) => void;

export type ErrorClass = abstract new (...given: never[]) => object;

/** Counts what is sent and received for a call, at whose end it tells the hook of it. */
export class Traffic {
  readonly #onCall: OnCall;
  readonly #url: string;
  readonly #call: Pick<Call<unknown>, "kind" | "path">;
  readonly #began = performance.now();
  #attempts = 0;
  #bytesSent = 0;
  #bytesReceived = 0;

  constructor(
    onCall: OnCall,
    url: string,
    call: Pick<Call<unknown>, "kind" | "path">,
  ) {
    this.#onCall = onCall;
    this.#url = url;
    this.#call = call;
  }

  /** It is sent now. */
  send(message: string): void {
    this.#attempts += 1;
    this.#bytesSent += bytesOf(message);
  }

  /** There was no connection to send it on. */
  takeBack(message: string): void {
    this.#attempts -= 1;
    this.#bytesSent -= bytesOf(message);
  }

  /** It has come. */
  receive(answer: string): void {
    this.#bytesReceived += bytesOf(answer);
  }

  /** Tells the hook. The call ends as it does, whatever the hook throws. */
  end(failure: { error: unknown } | undefined): void {
    const { kind, path } = this.#call;
    const error = failure?.error;
    const event: CallEvent = {
      url: this.#url,
      kind,
      path,
      attempts: this.#attempts,
      milliseconds: performance.now() - this.#began,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      error: failure && classOf(error),
      requestId: error instanceof ConvexgenError ? error.requestId : undefined,
    };
    const report = (problem: unknown): void =>
      console.error(`\`onCall\` failed when it was told of ${path}:`, problem);
    try {
      // Types let a function pass that is async: what it rejects would end the process.
      const given: unknown = this.#onCall(event);
      if (given instanceof Promise) given.catch(report);
    } catch (problem) {
      report(problem);
    }
  }
}

function classOf(error: unknown): ErrorClass {
  return error instanceof Error ? (error.constructor as ErrorClass) : Error;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
