import type { Call } from "./calls.js";
import { type ConvexgenError, Timeout, Unavailable } from "./errors.js";
import {
  ANSWER_STATUSES,
  requireRetained,
  RETRIED_STATUSES,
  statusFailure,
} from "./failures.js";

const CONNECTION_ATTEMPTS = 3;
const FIRST_DELAY = 100;
const LONGEST_DELAY = 2000;

/** What Node says of connections that broke after they were there. */
const BROKEN = ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"];

/** What is asked of a call. */
type Asked = Pick<Call<unknown>, "idempotent" | "kind" | "operation">;

/** The requests of one call, until its deadline. */
export class Exchange {
  readonly #call: Asked;
  readonly #url: string;
  readonly #timeout: number;
  readonly #deadline: number;
  readonly #signal: AbortSignal;
  readonly #send: typeof globalThis.fetch;
  /** Whether the deployment refused the token, before it ran anything. */
  isRefused = false;
  #attempts = 0;
  #failedConnections = 0;

  constructor(
    call: Asked,
    url: string,
    timeout: number,
    send: typeof globalThis.fetch,
  ) {
    this.#call = call;
    this.#url = url;
    this.#timeout = timeout;
    this.#deadline = Date.now() + timeout;
    this.#signal = AbortSignal.timeout(timeout);
    this.#send = send;
  }

  /** Takes the place of `fetch`: answers what the deployment does, in the end. */
  readonly fetch: typeof globalThis.fetch = async (request, init) => {
    for (;;) {
      let status: number;
      let body: string;
      try {
        const response = await this.#send(request, {
          ...init,
          signal: this.#signal,
        });
        status = response.status;
        body = await response.text();
      } catch (error) {
        await this.#recover(error);
        continue;
      }
      if (RETRIED_STATUSES.includes(status)) {
        requireRetained(request, body, this.#call.operation);
      }
      if (RETRIED_STATUSES.includes(status) && this.#call.idempotent) {
        const delay = this.#nextDelay();
        if (delay !== undefined) {
          await sleep(delay);
          continue;
        }
      }
      this.isRefused = status === 401;
      if (ANSWER_STATUSES.includes(status)) {
        return new Response(body, { status });
      }
      throw statusFailure(status, body, this.#call.operation);
    }
  };

  /** What is waited for, or `Timeout`. */
  async inTime<Result>(waited: Promise<Result>, late: string): Promise<Result> {
    const { operation } = this.#call;
    return await new Promise((resolve, reject) => {
      const giveUp = () => reject(new Timeout(late, { operation }));
      if (this.#signal.aborted) giveUp();
      this.#signal.addEventListener("abort", giveUp, { once: true });
      waited.then(resolve, reject);
    });
  }

  /** Waits until the next attempt, or throws the error where there is none. */
  async #recover(error: unknown): Promise<void> {
    if (this.#signal.aborted) throw this.#late(error);
    const code = codeOf(error);
    const broke = code !== undefined && BROKEN.includes(code);
    if (!broke) this.#failedConnections += 1;
    const delay =
      this.#call.idempotent && this.#failedConnections < CONNECTION_ATTEMPTS
        ? this.#nextDelay()
        : undefined;
    if (delay !== undefined) return await sleep(delay);
    const said = code ?? (error instanceof Error ? error.message : "");
    const reason = broke
      ? `the connection to ${this.#url} broke: ${said}${this.#mayHaveRun}`
      : `cannot connect to ${this.#url}: ${said}`;
    const { operation } = this.#call;
    throw new Unavailable(reason, { operation, cause: error });
  }

  #late(cause: unknown): ConvexgenError {
    const reason = `no answer from ${this.#url} within ${this.#timeout} ms`;
    const { operation } = this.#call;
    return new Timeout(reason + this.#mayHaveRun, { operation, cause });
  }

  get #mayHaveRun(): string {
    return this.#call.kind === "query" ? "" : "; the call may have run";
  }

  // Full jitter, so that clients do not return in step:
  // https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
  #nextDelay(): number | undefined {
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#attempts);
    this.#attempts += 1;
    const delay = Math.random() * longest;
    return Date.now() + delay < this.#deadline ? delay : undefined;
  }
}

/** The code of the system, which Node gives to the cause of a failed `fetch`. */
function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause !== "object" || cause === null) return undefined;
  return "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined;
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
