import {
  type BufferedObservationChunk,
  type BufferedObservationChunkInput,
  type CreateObservationalMemoryInput,
  type CreateReflectionGenerationInput,
  MemoryStorage,
  type ObservationalMemoryHistoryOptions,
  type ObservationalMemoryRecord,
  type SwapBufferedReflectionToActiveInput,
  type SwapBufferedToActiveInput,
  type SwapBufferedToActiveResult,
  type UpdateActiveObservationsInput,
  type UpdateBufferedObservationsInput,
  type UpdateBufferedReflectionInput,
  type UpdateObservationalMemoryConfigInput,
} from "@mastra/core/storage";

import type * as stored from "../objects.js";
import { InvalidArgument } from "../runtime/index.js";
import type { ConvexStorage } from "../storage.js";
import { parts, untilDone } from "./goingOn.js";
import {
  each,
  finite,
  object,
  objectOf,
  RecordForm,
  recordOf,
  time,
  timeOf,
} from "./records.js";

const CHUNK_INPUT = new RecordForm<
  BufferedObservationChunkInput,
  stored.BufferedObservationChunkInput
>({ lastObservedAt: time, extractedValues: object });

const CHUNK = new RecordForm<
  BufferedObservationChunk,
  stored.BufferedObservationChunk
>({
  lastObservedAt: time,
  createdAt: time,
  extractedValues: object,
});

const RECORD = new RecordForm<
  ObservationalMemoryRecord,
  stored.ObservationalMemoryRecord
>({
  createdAt: time,
  updatedAt: time,
  lastObservedAt: time,
  lastBufferedAtTime: time,
  bufferedObservationChunks: each(CHUNK),
  config: object,
  metadata: object,
});

/** What Mastra's observers note of conversations. */
export abstract class ConvexObservationalMemory extends MemoryStorage {
  override readonly supportsObservationalMemory = true;
  protected readonly _storage: ConvexStorage;

  constructor(storage: ConvexStorage) {
    super();
    this._storage = storage;
  }

  protected override validatePaginationInput(
    page: number,
    perPage: number | false,
  ): void {
    try {
      super.validatePaginationInput(page, perPage);
    } catch (error) {
      throw new InvalidArgument((error as Error).message, { cause: error });
    }
  }

  override async getObservationalMemory(
    threadId: string | null,
    resourceId: string,
  ): Promise<ObservationalMemoryRecord | null> {
    const record = await this.#functions.getObservationalMemory(
      threadId,
      resourceId,
    );
    return record === null ? null : RECORD.toMastra(record);
  }

  /** The generations of a thread or a resource, the latest first. */
  override async getObservationalMemoryHistory(
    threadId: string | null,
    resourceId: string,
    limit?: number,
    given: ObservationalMemoryHistoryOptions = {},
  ): Promise<ObservationalMemoryRecord[]> {
    const { from, to, offset } = recordOf(given, "options");
    const options = {
      from: timeOf(from, "from"),
      to: timeOf(to, "to"),
      offset,
    };
    const found = await parts<stored.ObservationalMemoryPart>(
      this._storage,
      ({ mastraObservationalMemory }, before) =>
        mastraObservationalMemory.readGenerations({
          threadId,
          resourceId,
          limit,
          options,
          after: before?.next,
        }),
      ({ next }) => next === undefined,
    );
    return found.flatMap(({ records }) =>
      records.map((record) => RECORD.toMastra(record)),
    );
  }

  override async initializeObservationalMemory({
    config,
    ...given
  }: CreateObservationalMemoryInput): Promise<ObservationalMemoryRecord> {
    const made = await this.#functions.initializeObservationalMemory({
      ...given,
      config: objectOf(config, "config"),
    });
    return RECORD.toMastra(made);
  }

  override async insertObservationalMemoryRecord(
    record: ObservationalMemoryRecord,
  ): Promise<void> {
    await this.#functions.insertObservationalMemoryRecord(
      finite(RECORD.toConvex(record, "record"), "record"),
    );
  }

  override async updateActiveObservations({
    lastObservedAt,
    ...given
  }: UpdateActiveObservationsInput): Promise<void> {
    await this.#functions.updateActiveObservations({
      ...finite(given, ""),
      lastObservedAt: timeOf(lastObservedAt, "lastObservedAt"),
    });
  }

  override async updateBufferedObservations({
    id,
    chunk,
    lastBufferedAtTime,
  }: UpdateBufferedObservationsInput): Promise<void> {
    await this.#functions.updateBufferedObservations({
      id,
      chunk: finite(CHUNK_INPUT.toConvex(chunk, "chunk"), "chunk"),
      lastBufferedAtTime: timeOf(lastBufferedAtTime, "lastBufferedAtTime"),
    });
  }

  override async swapBufferedToActive({
    lastObservedAt,
    bufferedChunks,
    ...given
  }: SwapBufferedToActiveInput): Promise<SwapBufferedToActiveResult> {
    const result = await this.#functions.swapBufferedToActive({
      ...finite(given, ""),
      lastObservedAt: timeOf(lastObservedAt, "lastObservedAt"),
      bufferedChunks:
        bufferedChunks &&
        finite(
          CHUNK.eachToConvex(bufferedChunks, "bufferedChunks"),
          "bufferedChunks",
        ),
    });
    return RESULT.toMastra(result);
  }

  override async createReflectionGeneration({
    currentRecord,
    ...given
  }: CreateReflectionGenerationInput): Promise<ObservationalMemoryRecord> {
    const made = await this.#functions.createReflectionGeneration({
      ...finite(given, ""),
      currentRecord: finite(
        RECORD.toConvex(currentRecord, "currentRecord"),
        "currentRecord",
      ),
    });
    return RECORD.toMastra(made);
  }

  override async updateBufferedReflection(
    given: UpdateBufferedReflectionInput,
  ): Promise<void> {
    await this.#functions.updateBufferedReflection(finite(given, ""));
  }

  override async swapBufferedReflectionToActive({
    currentRecord,
    tokenCount,
  }: SwapBufferedReflectionToActiveInput): Promise<ObservationalMemoryRecord> {
    const made = await this.#functions.swapBufferedReflectionToActive({
      currentRecord: finite(
        RECORD.toConvex(currentRecord, "currentRecord"),
        "currentRecord",
      ),
      tokenCount: finite(tokenCount, "tokenCount"),
    });
    return RECORD.toMastra(made);
  }

  override async setReflectingFlag(
    id: string,
    isReflecting: boolean,
  ): Promise<void> {
    await this.#functions.setReflectingFlag(id, isReflecting);
  }

  override async setObservingFlag(
    id: string,
    isObserving: boolean,
  ): Promise<void> {
    await this.#functions.setObservingFlag(id, isObserving);
  }

  override async setBufferingObservationFlag(
    id: string,
    isBuffering: boolean,
    lastBufferedAtTokens?: number,
  ): Promise<void> {
    await this.#functions.setBufferingObservationFlag(
      id,
      isBuffering,
      finite(lastBufferedAtTokens, "lastBufferedAtTokens"),
    );
  }

  override async setBufferingReflectionFlag(
    id: string,
    isBuffering: boolean,
  ): Promise<void> {
    await this.#functions.setBufferingReflectionFlag(id, isBuffering);
  }

  override async setPendingMessageTokens(
    id: string,
    tokenCount: number,
  ): Promise<void> {
    await this.#functions.setPendingMessageTokens(
      id,
      finite(tokenCount, "tokenCount"),
    );
  }

  override async updateObservationalMemoryConfig({
    id,
    config,
  }: UpdateObservationalMemoryConfigInput): Promise<void> {
    await this.#functions.updateObservationalMemoryConfig({
      id,
      config: objectOf(config, "config"),
    });
  }

  /** Deletes all generations of a thread or a resource. */
  override async clearObservationalMemory(
    threadId: string | null,
    resourceId: string,
  ): Promise<void> {
    await untilDone(() =>
      this.#functions.removeGenerations(threadId, resourceId),
    );
  }

  get #functions(): ConvexStorage["functions"]["mastraObservationalMemory"] {
    return this._storage.functions.mastraObservationalMemory;
  }
}

const RESULT = new RecordForm<
  SwapBufferedToActiveResult,
  stored.SwapBufferedToActiveResult
>({});
