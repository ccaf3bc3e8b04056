import { type Address, Server } from "./server.js";
import type { CompleteSettings } from "./settings.js";

/**
 * The running servers of one run of vitest. A test has one for itself while it
 * runs, so there are as many as tests run at a time, and later tests find them
 * warm.
 */
export class Servers {
  readonly #start: () => Server;
  readonly #running = new Set<Server>();
  #idle: Server[] = [];
  #failure: Error | null = null;

  constructor(settings: CompleteSettings, root: string) {
    this.#start = () => new Server(settings, root);
  }

  /** Starts one that nobody waits for yet. */
  warm(): void {
    this.#idle.push(this.#added());
  }

  /**
   * A server that nobody else uses. Rejects when none can be started, which is
   * tried once in each run.
   */
  async lend(): Promise<{ server: Server; address: Address }> {
    if (this.#failure !== null) throw this.#failure;
    for (;;) {
      const server = this.#idle.pop() ?? this.#added();
      try {
        return { server, address: await server.address };
      } catch (error) {
        // One that a test has ended is passed over.
        if (server.hasStarted) continue;
        const reason = error instanceof Error ? error.message : String(error);
        this.#failure = new Error(
          `The Convex backend for tests did not start.\n${reason}`,
        );
        throw this.#failure;
      }
    }
  }

  /** Takes a server back and empties it. */
  giveBack(server: Server): void {
    if (!this.#running.has(server)) return;
    server.reset();
    this.#idle.push(server);
  }

  /** Ends all of them; the next ones have the functions as they are then. */
  async stop(): Promise<void> {
    const running = [...this.#running];
    this.#running.clear();
    this.#idle = [];
    this.#failure = null;
    await Promise.all(running.map((server) => server.stop()));
  }

  #added(): Server {
    const server = this.#start();
    this.#running.add(server);
    return server;
  }
}
