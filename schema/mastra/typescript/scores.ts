import {
  type ListScoresResponse,
  type SaveScorePayload,
  saveScorePayloadSchema,
  type ScoreRowData,
} from "@mastra/core/evals";
import {
  type ListScoresByEntityIdInput,
  type ListScoresByRunIdInput,
  type ListScoresByScorerIdInput,
  type ListScoresBySpanInput,
  type ScoreTenancyFilters,
  ScoresStorage,
  type StoragePagination,
} from "@mastra/core/storage";

import type * as stored from "../objects.js";
import { LimitExceeded } from "../runtime/index.js";
import type { ConvexStorage } from "../storage.js";
import { listed, type Some, whole, type Window } from "./goingOn.js";
import { pageNumber, perPageNumber } from "./pages.js";
import { json, parsed, RecordForm, recordOf, same, time } from "./records.js";

const JSON_FIELDS = {
  input: json,
  output: json,
  additionalContext: json,
  requestContext: json,
  extractStepResult: json,
  analyzeStepResult: json,
  preprocessStepResult: json,
  scorer: json,
  metadata: json,
  entity: json,
};

const TIMES = { createdAt: time, updatedAt: time };

/** What is to be saved, which may be a score that was read. */
const PAYLOAD = new RecordForm<
  Partial<Pick<ScoreRowData, "createdAt" | "updatedAt">> & SaveScorePayload,
  stored.SaveScorePayload
>({ ...JSON_FIELDS, ...TIMES, source: same });

const SCORE = new RecordForm<ScoreRowData, stored.ScoreRowData>({
  ...JSON_FIELDS,
  ...TIMES,
  source: same,
});

/** The scores of Mastra's scorers. */
export class ConvexScores extends ScoresStorage {
  readonly #storage: ConvexStorage;

  constructor(storage: ConvexStorage) {
    super();
    this.#storage = storage;
  }

  override async getScoreById({
    id,
  }: {
    id: string;
  }): Promise<ScoreRowData | null> {
    const score = await this.#functions.getScoreById({ id });
    return score === null ? null : SCORE.toMastra(score);
  }

  override async saveScore(
    score: SaveScorePayload,
  ): Promise<{ score: ScoreRowData }> {
    parsed(saveScorePayloadSchema, score);
    const saved = await this.#functions.saveScore(
      PAYLOAD.toConvex(score, "score"),
    );
    return { score: SCORE.toMastra(saved.score) };
  }

  override async listScoresByScorerId({
    scorerId,
    pagination,
    entityId,
    entityType,
    source,
    filters,
  }: ListScoresByScorerIdInput): Promise<ListScoresResponse> {
    const columns = { scorerId, entityId, entityType, source };
    return await this.#listed(columns, pagination, filters, (page) =>
      this.#functions.listScoresByScorerId({
        ...columns,
        scorerId,
        pagination: page,
        filters,
      }),
    );
  }

  override async listScoresByRunId({
    runId,
    pagination,
    filters,
  }: ListScoresByRunIdInput): Promise<ListScoresResponse> {
    return await this.#listed({ runId }, pagination, filters, (page) =>
      this.#functions.listScoresByRunId({ runId, pagination: page, filters }),
    );
  }

  override async listScoresByEntityId({
    entityId,
    entityType,
    pagination,
    filters,
  }: ListScoresByEntityIdInput): Promise<ListScoresResponse> {
    const columns = { entityId, entityType };
    return await this.#listed(columns, pagination, filters, (page) =>
      this.#functions.listScoresByEntityId({
        ...columns,
        pagination: page,
        filters,
      }),
    );
  }

  override async listScoresBySpan({
    traceId,
    spanId,
    pagination,
    filters,
  }: ListScoresBySpanInput): Promise<ListScoresResponse> {
    const columns = { traceId, spanId };
    return await this.#listed(columns, pagination, filters, (page) =>
      this.#functions.listScoresBySpan({
        ...columns,
        pagination: page,
        filters,
      }),
    );
  }

  /** Deletes all scores, and the evaluations of the same table. */
  override async dangerouslyClearAll(): Promise<void> {
    await this.#storage.evals.clear();
  }

  /** The scores of one call; where that reads too many, those with values in these columns. */
  async #listed(
    columns: Record<string, string | undefined>,
    given: StoragePagination,
    filters: ScoreTenancyFilters | undefined,
    list: (
      pagination: stored.StoragePagination,
    ) => Promise<stored.ListScoresResponse>,
  ): Promise<ListScoresResponse> {
    if (filters !== undefined) recordOf(filters, "filters");
    const asked = recordOf(given, "pagination");
    const page = pageNumber(asked.page) as number;
    const perPage = perPageNumber(asked.perPage) as number | false;
    try {
      const { scores, pagination } = await list({ page, perPage });
      return {
        scores: scores.map((score) => SCORE.toMastra(score)),
        pagination,
      };
    } catch (error) {
      if (!(error instanceof LimitExceeded)) throw error;
      const isPage = perPage !== false;
      const window = isPage
        ? { offset: page * perPage, limit: perPage }
        : { offset: 0, limit: undefined };
      const conditions = conditionsOf(columns, filters);
      const { items, total } = await this.#all(error, conditions, window);
      const hasMore = isPage && window.offset + perPage < total;
      return {
        scores: items.map((score) => SCORE.toMastra(score)),
        pagination: { total, page, perPage, hasMore },
      };
    }
  }

  async #all(
    error: LimitExceeded,
    conditions: Record<string, string>,
    window: Window,
  ): Promise<Some<stored.ScoreRowData>> {
    try {
      return await whole(
        this.#storage,
        error,
        window,
        async ({ mastraScores }, offset, limit) => {
          const given = { conditions, offset, limit };
          const { scores, total } = await mastraScores.listSomeScores(given);
          return { items: scores, total };
        },
      );
    } catch (failure) {
      if (failure !== error) throw failure;
      // It says not how much fits: no index counts them.
      return await this.#compared(conditions, window);
    }
  }

  /** Scores that no index counts, found by comparing all of those that one has. */
  async #compared(
    conditions: Record<string, string>,
    window: Window,
  ): Promise<Some<stored.ScoreRowData>> {
    const { items, page } = await listed<stored.ScoreRowData, string, number>(
      this.#storage,
      async ({ mastraScores }, cursor) => {
        const given = { conditions, ...window, cursor };
        const found = await mastraScores.findScores(given);
        return {
          items: [],
          pending: found.ids,
          cursor: found.cursor,
          page: found.total,
        };
      },
      async ({ mastraScores }, ids) => {
        const { scores, pending } = await mastraScores.readScores({ ids });
        return { items: scores, pending };
      },
    );
    return { items, total: page };
  }

  get #functions(): ConvexStorage["functions"]["mastraScores"] {
    return this.#storage.functions.mastraScores;
  }
}

/** What scores are compared by; an empty text is no condition, as in Mastra. */
function conditionsOf(
  columns: Record<string, string | undefined>,
  { organizationId, projectId }: ScoreTenancyFilters = {},
): Record<string, string> {
  const given = Object.entries(columns).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && entry[1] !== "",
  );
  return {
    ...Object.fromEntries(given),
    ...(organizationId === undefined ? {} : { organizationId }),
    ...(projectId === undefined ? {} : { projectId }),
  };
}
