import {
  MastraCompositeStore,
  type MastraCompositeStoreConfig,
} from "@mastra/core/storage";

import type { ClientOptions } from "../runtime/index.js";
import { ConvexStorage } from "../storage.js";
import { ConvexMemory } from "./memory.js";
import { ConvexObservability } from "./observability.js";
import { ConvexScores } from "./scores.js";
import { ConvexWorkflows } from "./workflows.js";

/** The deployment, with what opens it, and what Mastra takes of any store. */
export interface MastraConvexStoreConfig
  extends
    ClientOptions,
    Partial<
      Pick<MastraCompositeStoreConfig, "disableInit" | "id" | "retention">
    > {
  /** That of the deployment: https://happy-otter-123.convex.cloud. */
  url: string;
}

/** The domains of Mastra's storage that are in the deployment. */
export interface MastraConvexDomains {
  memory: ConvexMemory;
  observability: ConvexObservability;
  scores: ConvexScores;
  workflows: ConvexWorkflows;
}

/**
 * Mastra's storage in a deployment. Its tables are there as soon as the
 * functions are deployed: `init` does nothing.
 *
 *     const storage = new MastraConvexStore({ url, deployKey });
 *     const mastra = new Mastra({ storage, agents });
 */
export class MastraConvexStore extends MastraCompositeStore {
  /** The tables, as the client has them, by the same connection. */
  readonly convex: ConvexStorage;
  override stores: MastraConvexDomains;

  constructor({
    url,
    id = "convex",
    disableInit,
    retention,
    ...options
  }: MastraConvexStoreConfig) {
    super({
      id,
      name: "MastraConvexStore",
      ...(disableInit === undefined ? {} : { disableInit }),
      ...(retention === undefined ? {} : { retention }),
    });
    this.convex = new ConvexStorage(url, options);
    this.stores = {
      memory: new ConvexMemory(this.convex),
      observability: new ConvexObservability(this.convex),
      scores: new ConvexScores(this.convex),
      workflows: new ConvexWorkflows(this.convex),
    };
  }

  /** Closes the connection. May be repeated. */
  override async close(): Promise<void> {
    await this.convex.close();
  }
}
