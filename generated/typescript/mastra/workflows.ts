/*
 * Copied by convexgen from schema/mastra/typescript/workflows.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import {
  type StorageListWorkflowRunsInput,
  type WorkflowRun,
  type WorkflowRuns,
  WorkflowsStorage,
} from "@mastra/core/storage";
import type { WorkflowRunState } from "@mastra/core/workflows";

import type * as stored from "../objects.js";
import { LimitExceeded } from "../runtime/index.js";
import type { ConvexStorage } from "../storage.js";
import { listed, type Some, whole, type Window } from "./goingOn.js";
import { pageNumber, perPageNumber } from "./pages.js";
import {
  json,
  jsonOf,
  objectOf,
  RecordForm,
  recordOf,
  time,
  timeOf,
} from "./records.js";

type Arguments<Name extends keyof WorkflowsStorage> =
  WorkflowsStorage[Name] extends (args: infer Given) => unknown ? Given : never;

type Results = Awaited<ReturnType<WorkflowsStorage["updateWorkflowResults"]>>;

const RUN = new RecordForm<WorkflowRun, stored.StorageWorkflowRun>({
  snapshot: json,
  createdAt: time,
  updatedAt: time,
});

/** The runs of Mastra's workflows. */
export class ConvexWorkflows extends WorkflowsStorage {
  readonly #storage: ConvexStorage;

  constructor(storage: ConvexStorage) {
    super();
    this.#storage = storage;
  }

  override supportsConcurrentUpdates(): boolean {
    return true;
  }

  override async updateWorkflowResults({
    workflowName,
    runId,
    stepId,
    result,
    requestContext,
  }: Arguments<"updateWorkflowResults">): Promise<Results> {
    const results = await this.#functions.updateWorkflowResults({
      workflowName,
      runId,
      stepId,
      result: jsonOf(result, "result"),
      requestContext: objectOf(requestContext, "requestContext"),
    });
    return json.toMastra(results) as Results;
  }

  override async updateWorkflowState({
    workflowName,
    runId,
    opts,
  }: Arguments<"updateWorkflowState">): Promise<WorkflowRunState | undefined> {
    const state = await this.#functions.updateWorkflowState({
      workflowName,
      runId,
      opts: objectOf(opts, "opts"),
    });
    return (json.toMastra(state) as WorkflowRunState | null) ?? undefined;
  }

  override async persistWorkflowSnapshot({
    workflowName,
    runId,
    resourceId,
    snapshot,
    createdAt,
    updatedAt,
  }: Arguments<"persistWorkflowSnapshot">): Promise<void> {
    await this.#functions.persistWorkflowSnapshot({
      workflowName,
      runId,
      resourceId,
      snapshot: objectOf(snapshot, "snapshot"),
      createdAt: timeOf(createdAt, "createdAt"),
      updatedAt: timeOf(updatedAt, "updatedAt"),
    });
  }

  override async loadWorkflowSnapshot({
    workflowName,
    runId,
  }: Arguments<"loadWorkflowSnapshot">): Promise<WorkflowRunState | null> {
    const snapshot = await this.#functions.loadWorkflowSnapshot({
      workflowName,
      runId,
    });
    return json.toMastra(snapshot) as WorkflowRunState | null;
  }

  /** The runs, the newest first, and how many there are; all of them without a page. */
  override async listWorkflowRuns(
    given: StorageListWorkflowRunsInput = {},
  ): Promise<WorkflowRuns> {
    const {
      workflowName,
      fromDate,
      toDate,
      perPage,
      page,
      resourceId,
      threadId,
      status,
    } = recordOf(given, "args");
    const filters = {
      workflowName,
      fromDate: timeOf(fromDate, "fromDate"),
      toDate: timeOf(toDate, "toDate"),
      resourceId,
      status,
    };
    const window = { page: pageNumber(page), perPage: perPageNumber(perPage) };
    const { runs, total } = await this.#listed(filters, threadId, window);
    return { runs: runs.map((run) => RUN.toMastra(run)), total };
  }

  async #listed(
    filters: Filters,
    threadId: string | undefined,
    {
      page,
      perPage,
    }: { page: number | undefined; perPage: number | false | undefined },
  ): Promise<stored.StorageWorkflowRuns> {
    try {
      return await this.#functions.listWorkflowRuns({
        ...filters,
        threadId,
        page,
        perPage,
      });
    } catch (error) {
      if (!(error instanceof LimitExceeded)) throw error;
      const isPage = page !== undefined && typeof perPage === "number";
      const window = isPage
        ? { offset: page * perPage, limit: perPage }
        : { offset: 0, limit: undefined };
      const { items, total } = threadId
        ? await this.#ofThread({ ...filters, threadId }, window)
        : await this.#rest(error, filters, window);
      return { runs: items, total };
    }
  }

  async #rest(
    error: LimitExceeded,
    filters: Filters,
    window: Window,
  ): Promise<Some<stored.StorageWorkflowRun>> {
    return await whole(
      this.#storage,
      error,
      window,
      async ({ mastraWorkflows }, offset, limit) => {
        const given = { ...filters, offset, limit };
        const { runs, total } =
          await mastraWorkflows.listSomeWorkflowRuns(given);
        return { items: runs, total };
      },
    );
  }

  async #ofThread(
    filters: Filters & { threadId: string },
    window: Window,
  ): Promise<Some<stored.StorageWorkflowRun>> {
    const { items, page } = await listed<
      stored.StorageWorkflowRun,
      stored.FoundWorkflowRun,
      number
    >(
      this.#storage,
      async ({ mastraWorkflows }, cursor) => {
        const given = { ...filters, ...window, cursor };
        const found = await mastraWorkflows.findWorkflowRunsOfThread(given);
        return {
          items: [],
          pending: found.keys,
          cursor: found.cursor,
          page: found.total,
        };
      },
      async ({ mastraWorkflows }, keys) => {
        const { runs, pending } = await mastraWorkflows.readWorkflowRuns({
          keys,
        });
        return { items: runs, pending };
      },
    );
    return { items, total: page };
  }

  override async getWorkflowRunById({
    runId,
    workflowName,
  }: Arguments<"getWorkflowRunById">): Promise<WorkflowRun | null> {
    const run = await this.#functions.getWorkflowRunById({
      runId,
      workflowName,
    });
    return run === null ? null : RUN.toMastra(run);
  }

  override async deleteWorkflowRunById({
    runId,
    workflowName,
  }: Arguments<"deleteWorkflowRunById">): Promise<void> {
    await this.#functions.deleteWorkflowRunById({ runId, workflowName });
  }

  override async dangerouslyClearAll(): Promise<void> {
    await this.#storage.workflowRuns.clear();
    await this.#storage.workflowSteps.clear();
  }

  get #functions(): ConvexStorage["functions"]["mastraWorkflows"] {
    return this.#storage.functions.mastraWorkflows;
  }
}

type Filters = Omit<
  Parameters<
    ConvexStorage["functions"]["mastraWorkflows"]["listSomeWorkflowRuns"]
  >[0],
  "limit" | "offset"
>;
