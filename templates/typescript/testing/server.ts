import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

import type { CompleteSettings } from "./settings.js";

/** Milliseconds. */
const START_TIMEOUT = 120_000;
const STOP_TIMEOUT = 5_000;
const KEPT_LOG_LINES = 1_000;
const REPORTED_LOG_LINES = 40;

export interface Address {
  url: string;
  siteUrl: string;
  /** The key that may call internal functions. */
  adminKey: string;
}

interface Waiting {
  resolve: (line: string) => void;
  reject: (error: Error) => void;
}

/**
 * One process with the functions of the project, which `convexgen test-server`
 * starts: it takes requests as lines of JSON and answers each with a line. It
 * ends when its standard input does, so it cannot outlive this process.
 */
export class Server {
  /** Of an empty database. Rejects when the process has ended. */
  address: Promise<Address>;
  /** Whether it has served. */
  hasStarted = false;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #logLines: string[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #ended: Promise<void>;
  #failure: Error | null = null;

  /** `root` is the folder that the project's path is relative to. */
  constructor(settings: CompleteSettings, root: string) {
    const [program = "", ...words] = settings.command;
    const project = resolve(root, settings.project);
    const options = ["--project", project];
    if (settings.functions !== "")
      options.push("--functions", settings.functions);
    this.#process = spawn(program, [...words, "test-server", ...options], {
      cwd: root,
    });
    this.address = this.#answer().then((line) => {
      this.hasStarted = true;
      return JSON.parse(line);
    });
    const { stdin, stdout, stderr } = this.#process;
    stdin.on("error", () => undefined);
    createInterface({ input: stdout }).on("line", (line) =>
      this.#waiting.shift()?.resolve(line),
    );
    createInterface({ input: stderr }).on("line", (line) => {
      this.#logLines.push(line);
      if (this.#logLines.length > KEPT_LOG_LINES) this.#logLines.shift();
    });
    this.#ended = new Promise((end) => {
      this.#process.on("error", (error) => {
        this.#fail(spawnFailure(error, program));
        end();
      });
      this.#process.on("close", () => {
        this.#fail(new Error(this.#lastWords()));
        end();
      });
    });
    const timer = setTimeout(() => {
      this.#fail(
        new Error(
          `It did not start in ${START_TIMEOUT / 1000} s.\n${this.#lastWords()}`.trimEnd(),
        ),
      );
      void this.stop();
    }, START_TIMEOUT);
    const started = () => clearTimeout(timer);
    this.address.then(started, started);
  }

  /** The last lines that functions and the process wrote. */
  get logLines(): readonly string[] {
    return this.#logLines;
  }

  /** The answer to a request. Rejects when the process has ended. */
  ask(request: string): Promise<string> {
    const answer = this.#answer();
    this.#process.stdin.write(`${request}\n`);
    return answer;
  }

  /** Empties the database, which moves to a port where no client of before reaches it. */
  reset(): void {
    const { address } = this;
    this.address = this.ask('{"method":"reset"}').then(async (line) => ({
      ...(await address),
      ...JSON.parse(line),
    }));
    this.address.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), STOP_TIMEOUT);
    await this.#ended;
    clearTimeout(timer);
  }

  #answer(): Promise<string> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) =>
      this.#waiting.push({ resolve, reject }),
    );
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  #lastWords(): string {
    const written = this.#logLines.slice(-REPORTED_LOG_LINES).join("\n");
    return written || "The process ended and wrote nothing.";
  }
}

function spawnFailure(error: Error, program: string): Error {
  if (!("code" in error) || error.code !== "ENOENT") return error;
  return new Error(
    `There is no program "${program}" on the PATH. Install it with: pip install convexgen. ` +
      "If it is in an environment of its own, say how it is run, in the configuration of vitest: " +
      'test: { provide: { convexBackend: { command: ["uv", "run", "convexgen"] } } }',
  );
}
