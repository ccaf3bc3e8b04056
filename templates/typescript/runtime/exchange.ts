import type { Traffic } from "./callEvents.js";
import { type Call, mayChange } from "./calls.js";
import {
  Aborted,
  ConvexgenError,
  doubted,
  InvalidArgument,
  Timeout,
  Unavailable,
} from "./errors.js";
import {
  ANSWER_STATUSES,
  hasNotRun,
  requireRetained,
  RETRIED_STATUSES,
  statusFailure,
} from "./failures.js";

/** Of a timer, in milliseconds: https://nodejs.org/api/timers.html */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
const CONNECTION_ATTEMPTS = 3;
const FIRST_DELAY = 100;
const LONGEST_DELAY = 2000;

/** What Node says of connections that broke after they were there. */
const BROKEN: unknown[] = ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"];

/** The system calls of Node that come before anything is sent. */
const CONNECTING: unknown[] = ["connect", "getaddrinfo"];

/** Failures of Node's that come before anything is sent, and are of no system call. */
const UNCONNECTED: unknown[] = [
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** What of a call its requests depend on. */
export type Asked = Pick<
  Call<unknown>,
  "idempotent" | "kind" | "onlyReads" | "operation"
>;

/** The requests of one call, until its deadline. */
export class Exchange {
  readonly #call: Asked;
  readonly #url: string;
  readonly #timeout: number;
  readonly #deadline: number;
  readonly #ending = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #send: typeof globalThis.fetch;
  readonly #signal: AbortSignal | undefined;
  /** What counts what is sent and received; undefined where nobody is told. */
  readonly traffic: Traffic | undefined;
  /** Whether the deployment refused the token, before it ran anything. */
  isRefused = false;
  /** Whether an attempt may have run whose answer did not say so. */
  mayHaveRun = false;
  #isClosed = false;
  #attempts = 0;
  #failedConnections = 0;

  constructor(
    call: Asked,
    url: string,
    timeout: number,
    send: typeof globalThis.fetch,
    signal: AbortSignal | undefined,
    traffic: Traffic | undefined,
  ) {
    this.traffic = traffic;
    this.#call = call;
    this.#url = url;
    this.#timeout = timeout;
    this.#deadline = Date.now() + timeout;
    // Not `AbortSignal.timeout`, for which Node does not stay: a call whose token
    // never comes would end with the program.
    this.#timer = setTimeout(() => this.#ending.abort(), timeout);
    this.#send = send;
    this.#signal = signal;
    if (signal?.aborted) this.#abort();
    signal?.addEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => this.#ending.abort();

  /** The call is over. */
  finish(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  /** Ends the call with an error: its client is closed. */
  close(): void {
    this.#isClosed = true;
    this.#ending.abort();
  }

  /** Takes the place of `fetch`: answers what the deployment does, in the end. */
  readonly fetch: typeof globalThis.fetch = async (request, init) => {
    // What has ended before is not sent.
    if (this.#ending.signal.aborted) throw this.#ended();
    for (;;) {
      let status: number;
      let body: string;
      try {
        ({ status, body } = await this.#untilEnd(this.#ask(request, init)));
      } catch (error) {
        await this.#recover(error, init);
        continue;
      }
      this.traffic?.receive(body);
      if (RETRIED_STATUSES.includes(status)) {
        requireRetained(request, body, this.#call.operation);
      }
      if (RETRIED_STATUSES.includes(status) && this.#call.idempotent) {
        const delay = this.#nextDelay();
        if (delay !== undefined) {
          this.mayHaveRun ||= this.#mayRun && !hasNotRun(status, body);
          await this.#pause(delay);
          continue;
        }
      }
      this.isRefused = status === 401;
      if (ANSWER_STATUSES.includes(status)) {
        return new Response(body, { status });
      }
      const failure = statusFailure(status, body, this.#call.operation);
      throw hasNotRun(status, body) ? failure : this.doubted(failure);
    }
  };

  /** What is begun and waited for, or the error for the end of the call. */
  async inTime<Result>(
    begin: () => Promise<Result>,
    late?: string,
  ): Promise<Result> {
    if (this.#ending.signal.aborted) throw this.#ended(late);
    return await this.#untilEnd(begin(), late);
  }

  /** An error of what was sent, which says that the call may have run. */
  doubted<Failure>(error: Failure): Failure | ConvexgenError {
    const isDoubtful = this.#mayRun && error instanceof ConvexgenError;
    return isDoubtful ? doubted(error) : error;
  }

  /** An error that ends the call, which tells of earlier attempts whose answers were lost. */
  admitted(error: unknown): unknown {
    return this.mayHaveRun && error instanceof ConvexgenError
      ? doubted(error, "an earlier attempt of the call may have run")
      : error;
  }

  async #ask(
    request: Parameters<typeof globalThis.fetch>[0],
    init: RequestInit | undefined,
  ): Promise<{ status: number; body: string }> {
    const { signal } = this.#ending;
    this.traffic?.send(sentOf(init));
    const response = await this.#send(request, { ...init, signal });
    return { status: response.status, body: await response.text() };
  }

  /** What is waited for, or the error for the end of the call, whatever it does itself. */
  async #untilEnd<Result>(
    waited: Promise<Result>,
    late?: string,
  ): Promise<Result> {
    const { signal } = this.#ending;
    let giveUp: () => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      giveUp = () => reject(this.#ended(late));
      if (signal.aborted) giveUp();
      signal.addEventListener("abort", giveUp);
    });
    try {
      return await Promise.race([waited, ended]);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await this.#untilEnd(
        new Promise((resolve) => (timer = setTimeout(resolve, milliseconds))),
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until the next attempt, or throws the error where there is none. */
  async #recover(error: unknown, init: RequestInit | undefined): Promise<void> {
    // What is under way may have been sent.
    if (this.#ending.signal.aborted) throw this.doubted(this.#ended());
    const cause = error instanceof Error ? error.cause : undefined;
    const code = codeOf(cause);
    const isCertain = isUnsent(cause);
    if (isCertain) this.traffic?.takeBack(sentOf(init));
    const isBroken = BROKEN.includes(code);
    if (!isBroken) this.#failedConnections += 1;
    const delay =
      this.#call.idempotent && this.#failedConnections < CONNECTION_ATTEMPTS
        ? this.#nextDelay()
        : undefined;
    if (delay !== undefined) {
      this.mayHaveRun ||= this.#mayRun && !isCertain;
      return await this.#pause(delay);
    }
    const said = code ?? (error instanceof Error ? error.message : "");
    const what = isBroken
      ? `the connection to ${this.#url} broke`
      : `${isCertain ? "cannot connect to" : "no answer from"} ${this.#url}`;
    const { operation } = this.#call;
    const details = { operation, cause: error };
    const failure = new Unavailable(`${what}: ${said}`, details);
    throw isCertain ? failure : this.doubted(failure);
  }

  #ended(
    late: string = `no answer from ${this.#url} within ${this.#timeout} ms`,
  ): ConvexgenError {
    const { operation } = this.#call;
    if (this.#isClosed) {
      return new Unavailable("the client was closed", { operation });
    }
    if (!this.#signal?.aborted) return new Timeout(late, { operation });
    const cause: unknown = this.#signal.reason;
    const details = { operation, cause };
    const isLate =
      typeof cause === "object" &&
      cause !== null &&
      "name" in cause &&
      cause.name === "TimeoutError";
    return isLate
      ? new Timeout("the time of the signal is over", details)
      : new Aborted("the signal of the call ended it", details);
  }

  /** Whether it changes something. */
  get #mayRun(): boolean {
    return mayChange(this.#call);
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

/** The time that a call has. Throws `InvalidArgument` for what is none. */
export function requireTimeout(timeout: number): number {
  const isNumber = typeof timeout === "number";
  if (isNumber && timeout > 0 && timeout <= LONGEST_TIMEOUT) return timeout;
  throw new InvalidArgument("a timeout is in milliseconds, above 0");
}

/** Throws `InvalidArgument` for what does not abort, where there is something. */
export function requireSignal(signal: unknown): void {
  if (signal === undefined) return;
  // Of whatever realm, or package, it is.
  const isSignal =
    typeof signal === "object" && signal !== null && "aborted" in signal;
  if (isSignal) return;
  throw new InvalidArgument("`signal` is no `AbortSignal`");
}

/** The JSON of a request, which is text where there is some. */
function sentOf(init: RequestInit | undefined): string {
  return typeof init?.body === "string" ? init.body : "";
}

/** The code of the system, which Node gives to the cause of a failed `fetch`. */
function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== "object" || cause === null) return undefined;
  return "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined;
}

/** Whether a failed `fetch`, of this cause, has surely sent nothing. Browsers do not say. */
export function isUnsent(cause: unknown): boolean {
  if (typeof cause !== "object" || cause === null) return false;
  // Of each address of the host.
  if (cause instanceof AggregateError) return cause.errors.every(isUnsent);
  const isConnecting = "syscall" in cause && CONNECTING.includes(cause.syscall);
  return isConnecting || UNCONNECTED.includes(codeOf(cause));
}
