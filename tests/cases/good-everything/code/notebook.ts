import type { ConvexStorage } from "../storage.js";

/** Notes on customers. */
export class Notebook {
  readonly #storage: ConvexStorage;

  constructor(storage: ConvexStorage) {
    this.#storage = storage;
  }

  async close(): Promise<void> {
    await this.#storage.close();
  }
}
