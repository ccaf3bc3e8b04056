import type { MastraDBMessage, StorageThreadType } from "@mastra/core/memory";
import type {
  MemoryStorage,
  StorageCloneThreadInput,
  StorageCloneThreadOutput,
  StorageCopyThreadOutput,
  StorageListMessagesByResourceIdInput,
  StorageListMessagesInput,
  StorageListMessagesOutput,
  StorageListThreadsInput,
  StorageListThreadsOutput,
  StorageResourceType,
} from "@mastra/core/storage";

import { MessageRole } from "../enums.js";
import type * as stored from "../objects.js";
import { doubted } from "../runtime/errors.js";
import {
  ConvexgenError,
  InvalidArgument,
  LimitExceeded,
} from "../runtime/index.js";
import { argumentsOf, inBatches } from "./batches.js";
import { type Functions, hasNoCursor, parts, untilDone } from "./goingOn.js";
import { ConvexObservationalMemory } from "./observationalMemory.js";
import {
  entries,
  idsOf,
  isRecord,
  json,
  listOf,
  object,
  objectOf,
  oneOf,
  RecordForm,
  recordOf,
  time,
} from "./records.js";

/** How many messages a call is asked for by their IDs. */
const MAX_IDS = 1000;

/** What a call writes, of a table with three counted indexes. */
const CAPACITY = { records: 150, bytes: 3 * 1024 * 1024 };

/** How messages are written. */
const MESSAGES = {
  argument: "messages",
  name: ({ id }: { id: string }) =>
    `message ${JSON.stringify(id.slice(0, 100))}`,
  capacity: CAPACITY,
};

const THREAD = new RecordForm<StorageThreadType, stored.StorageThreadType>(
  { createdAt: time, updatedAt: time, metadata: object },
  {
    id: "text",
    title: "text?",
    resourceId: "text",
    createdAt: "converted",
    updatedAt: "converted",
    metadata: "converted?",
  },
);

const MESSAGE_FIELDS = {
  role: oneOf(MessageRole),
  createdAt: time,
  content: json,
};

const MESSAGE = new RecordForm<MastraDBMessage, stored.MastraDBMessage>(
  MESSAGE_FIELDS,
  {
    id: "text",
    role: "text",
    createdAt: "converted",
    threadId: "text?",
    resourceId: "text?",
    type: "text?",
    content: "converted",
  },
);

type MessageUpdate = Parameters<
  MemoryStorage["updateMessages"]
>[0]["messages"][number];

const MESSAGE_UPDATE = new RecordForm<
  MessageUpdate & { createdAt?: Date },
  stored.MastraDBMessageUpdate
>(MESSAGE_FIELDS, {
  id: "text",
  role: "text?",
  createdAt: "converted?",
  threadId: "text?",
  resourceId: "text?",
  type: "text?",
  content: "converted?",
});

const RESOURCE = new RecordForm<
  StorageResourceType,
  stored.StorageResourceType
>(
  { createdAt: time, updatedAt: time, metadata: object },
  {
    id: "text",
    workingMemory: "text?",
    metadata: "converted?",
    createdAt: "converted",
    updatedAt: "converted",
  },
);

const RANGE = new RecordForm<
  NonNullable<NonNullable<StorageListMessagesInput["filter"]>["dateRange"]>,
  stored.StorageMessageDateRange
>(
  { start: time, end: time },
  {
    start: "converted?",
    end: "converted?",
    startExclusive: "boolean?",
    endExclusive: "boolean?",
  },
);

const FILTER = new RecordForm<
  NonNullable<StorageListMessagesInput["filter"]>,
  stored.StorageMessageFilter
>(
  { dateRange: RANGE, metadata: entries },
  { dateRange: "converted?", metadata: "converted?" },
);

const THREAD_FILTER = new RecordForm<
  NonNullable<StorageListThreadsInput["filter"]>,
  stored.StorageThreadFilter
>({ metadata: entries }, { resourceId: "text?", metadata: "converted?" });

type CloneOptions = NonNullable<StorageCloneThreadInput["options"]>;

const CLONE_FILTER = new RecordForm<
  NonNullable<CloneOptions["messageFilter"]>,
  stored.StorageCloneFilter
>({ startDate: time, endDate: time });

const CLONE_OPTIONS = new RecordForm<CloneOptions, stored.StorageCloneOptions>({
  messageFilter: CLONE_FILTER,
});

/** What Mastra's agents remember: threads, messages, resources, observations. */
export class ConvexMemory extends ConvexObservationalMemory {
  override readonly supportsPartialThreadUpdate = true;

  override async getThreadById({
    threadId,
    resourceId,
  }: {
    threadId: string;
    resourceId?: string;
  }): Promise<StorageThreadType | null> {
    const thread = await this.#functions.getThreadById({
      threadId,
      resourceId,
    });
    return thread === null ? null : THREAD.toMastra(thread);
  }

  override async saveThread({
    thread,
  }: {
    thread: StorageThreadType;
  }): Promise<StorageThreadType> {
    return THREAD.toMastra(
      await this.#functions.saveThread({
        thread: THREAD.toConvex(thread, "thread"),
      }),
    );
  }

  /** Changes the title, and entries of the metadata. */
  override async updateThread({
    id,
    title,
    metadata,
  }: ThreadUpdate): Promise<StorageThreadType> {
    const changed = await this.#functions.updateThread({
      id,
      title,
      metadata:
        metadata === undefined ? undefined : objectOf(metadata, "metadata"),
    });
    return THREAD.toMastra(changed);
  }

  override async patchThread(given: ThreadUpdate): Promise<StorageThreadType> {
    return await this.updateThread(given);
  }

  /**
   * Changes the metadata by what `update` makes of the thread, again if others
   * were faster. Null where there is no such thread of the resource. Where
   * `update` gives undefined, or null, nothing is written.
   */
  override async updateThreadMetadata({
    id,
    resourceId,
    update,
  }: Parameters<
    MemoryStorage["updateThreadMetadata"]
  >[0]): Promise<StorageThreadType | null> {
    for (;;) {
      const found = await this.#functions.findThread({
        threadId: id,
        resourceId,
      });
      if (found === null) return null;
      const { thread, state } = found;
      const metadata = update(THREAD.toMastra(thread));
      // As in @mastra/core, whatever is false.
      if (!metadata) return THREAD.toMastra(thread);
      const changed = await this.#functions.mergeMetadata({
        threadId: id,
        state,
        metadata: objectOf(metadata, "metadata"),
      });
      if (changed !== null) return THREAD.toMastra(changed);
    }
  }

  /** Deletes a thread with its messages. */
  override async deleteThread({
    threadId,
  }: {
    threadId: string;
  }): Promise<void> {
    await untilDone(() => this.#functions.removeThread({ threadId }));
  }

  /** A page of the threads, of a resource or with some metadata, the newest first. */
  override async listThreads(
    given: StorageListThreadsInput,
  ): Promise<StorageListThreadsOutput> {
    const { page = 0, perPage, orderBy, filter } = recordOf(given, "args");
    this.validatePaginationInput(page, perPage ?? 100);
    const found = await parts<stored.StorageThreadsPart>(
      this._storage,
      ({ mastraMemory }, before) =>
        mastraMemory.findThreads({
          page,
          perPage,
          orderBy,
          filter:
            filter === undefined
              ? undefined
              : THREAD_FILTER.toConvex(filter, "filter"),
          cursor: before?.cursor,
        }),
      hasNoCursor,
    );
    const { total, hasMore, ...last } = found.at(-1) ?? found[0];
    const threads = found.flatMap((part) =>
      part.threads.map((one) => THREAD.toMastra(one)),
    );
    return { threads, total, page, perPage: last.perPage, hasMore };
  }

  /**
   * A page of the messages of threads, the oldest first, and those that are
   * included. With a resource, all of them are messages of it.
   */
  override async listMessages({
    threadId,
    resourceId,
    ...options
  }: StorageListMessagesInput): Promise<StorageListMessagesOutput> {
    return await this.#listed({ threadId, resourceId }, options);
  }

  /** A page of the messages of a resource in all threads, the oldest first. */
  override async listMessagesByResourceId({
    resourceId,
    ...options
  }: StorageListMessagesByResourceIdInput): Promise<StorageListMessagesOutput> {
    return await this.#listed({ resourceId }, options);
  }

  async #listed(
    of: {
      threadId?: string | string[] | undefined;
      resourceId?: string | undefined;
    },
    {
      include,
      page = 0,
      perPage,
      orderBy,
      filter,
      includeTotal,
    }: Omit<StorageListMessagesInput, "resourceId" | "threadId">,
  ): Promise<StorageListMessagesOutput> {
    this.validatePaginationInput(page, perPage ?? 40);
    const found = await parts<stored.StorageMessagesPart>(
      this._storage,
      ({ mastraMemory }, before) =>
        mastraMemory.findMessages({
          ...of,
          include,
          page,
          perPage,
          orderBy,
          filter:
            filter === undefined
              ? undefined
              : FILTER.toConvex(filter, "filter"),
          includeTotal,
          cursor: before?.cursor,
        }),
      hasNoCursor,
    );
    const last = found.at(-1) ?? found[0];
    const messages = new Map<string, stored.MastraDBMessage>();
    const places = new Places();
    for (const part of found) {
      for (const one of part.messages)
        if (!messages.has(one.id)) messages.set(one.id, one);
      places.add(part.messages, part.places ?? []);
    }
    const whole = [...messages.values()];
    let { hasMore } = last;
    if (found.length > 1 && include !== undefined && include.length > 0) {
      places.sort(whole);
      if (orderBy?.direction === "DESC") whole.reverse();
      const { threadId = [] } = of;
      const threadIds = typeof threadId === "string" ? [threadId] : threadId;
      const isFiltered = Object.keys(filter?.metadata ?? {}).length > 0;
      if (last.perPage !== false && threadIds.length > 0 && !isFiltered) {
        const own = whole.filter((one) =>
          threadIds.includes(one.threadId ?? ""),
        );
        hasMore = own.length < last.total;
      }
    }
    return {
      messages: whole.map((one) => MESSAGE.toMastra(one)),
      total: last.total,
      page: last.page,
      perPage: last.perPage,
      hasMore,
    };
  }

  /** Messages by their IDs, the oldest first; those that are not there are left out. */
  override async listMessagesById({
    messageIds,
  }: {
    messageIds: string[];
  }): Promise<{ messages: MastraDBMessage[] }> {
    const ids = idsOf(messageIds, "messageIds");
    if (ids.length === 0) return { messages: [] };
    const found = await parts<stored.FoundMessages>(
      this._storage,
      async ({ mastraMemory }, before) => {
        const left = before === undefined ? ids : before.remaining;
        const part = await mastraMemory.findMessagesById({
          messageIds: left.slice(0, MAX_IDS),
        });
        return {
          ...part,
          remaining: [...part.remaining, ...left.slice(MAX_IDS)],
        };
      },
      isFound,
    );
    const messages = found.flatMap((part) => part.messages);
    const places = new Places();
    for (const part of found) places.add(part.messages, part.places);
    places.sort(messages);
    return { messages: messages.map((one) => MESSAGE.toMastra(one)) };
  }

  /**
   * Inserts messages, or replaces those with their IDs, which stay where they are
   * in time. All or none; more than a transaction writes are several.
   */
  override async saveMessages({
    messages,
  }: {
    messages: MastraDBMessage[];
  }): Promise<{ messages: MastraDBMessage[] }> {
    for (const message of listOf(messages, "messages")) requireOwned(message);
    await inBatches(this._storage.functions, {
      ...MESSAGES,
      records: MESSAGE.eachToConvex(messages, "messages"),
      write: ({ mastraMemory }, some) =>
        mastraMemory.storeMessages({ messages: some }),
      attempt: ({ mastraMemory }, some) =>
        mastraMemory.checkMessages({ messages: some }),
    });
    return { messages };
  }

  /**
   * Changes messages, of their contents the entries that are given. Those that are
   * not there are passed over. All or none; more than a transaction writes are
   * several.
   */
  override async updateMessages({
    messages,
  }: {
    messages: MessageUpdate[];
  }): Promise<MastraDBMessage[]> {
    const parts = await inBatches(this._storage.functions, {
      ...MESSAGES,
      records: MESSAGE_UPDATE.eachToConvex(messages, "messages"),
      write: ({ mastraMemory }, some) =>
        mastraMemory.changeMessages({ messages: some }),
      attempt: ({ mastraMemory }, some) =>
        mastraMemory.checkChanges({ messages: some }),
      documentOf: ({ id }) => id,
    });
    const updated = new Map<string, stored.MastraDBMessage>();
    for (const part of parts) for (const one of part) updated.set(one.id, one);
    return [...updated.values()].map((one) => MESSAGE.toMastra(one));
  }

  /** Deletes messages; those that are not there are passed over. */
  override async deleteMessages(messageIds: string[]): Promise<void> {
    let remaining = idsOf(messageIds, "messageIds");
    await argumentsOf(({ mastraMemory }) =>
      mastraMemory.removeMessages({ messageIds: remaining }),
    );
    while (remaining.length > 0) {
      const left = await this.#functions.removeMessages({
        messageIds: remaining.slice(0, CAPACITY.records),
      });
      remaining = [...left, ...remaining.slice(CAPACITY.records)];
    }
  }

  /**
   * Copies a thread with its messages, or the latest of them, or those within
   * bounds. Where it fails, no part of it stays.
   */
  override async copyThread(
    given: StorageCloneThreadInput,
  ): Promise<StorageCopyThreadOutput> {
    const { sourceThreadId, resourceId, options } = given;
    const threadId = given.newThreadId || globalThis.crypto.randomUUID();
    const copyId = globalThis.crypto.randomUUID();
    let part: stored.CopiedPart | undefined;
    try {
      part = await this.#beginCopy({ ...given, newThreadId: threadId }, copyId);
      const messageIdMap = copiesIn(part);
      let { remaining } = part;
      while (remaining.length > 0 || part.cursor !== undefined) {
        if (remaining.length > 0) {
          const messageIds = remaining.slice(0, MAX_IDS);
          part = await this.#functions.copyMessages({
            sourceThreadId,
            threadId,
            resourceId,
            messageIds,
            copyId,
            isLast: remaining.length <= MAX_IDS,
          });
          remaining = [...part.remaining, ...remaining.slice(MAX_IDS)];
        } else {
          part = await this.#functions.copyPart({
            sourceThreadId,
            newThreadId: threadId,
            resourceId,
            options:
              options === undefined
                ? undefined
                : CLONE_OPTIONS.toConvex(options, "options"),
            cursor: part.cursor,
            copyId,
          });
        }
        Object.assign(messageIdMap, copiesIn(part));
      }
      return { thread: THREAD.toMastra(part.thread), messageIdMap };
    } catch (error) {
      const mayHaveRun = error instanceof ConvexgenError && error.mayHaveRun;
      if (part === undefined && !mayHaveRun) throw error;
      try {
        await untilDone(() => this.#functions.dropCopy({ threadId, copyId }));
      } catch {
        if (!(error instanceof ConvexgenError)) throw error;
        throw doubted(error, "a part of the copy may be there");
      }
      throw error;
    }
  }

  /** Copies the thread, and gives what is left of its messages. */
  async #beginCopy(
    {
      sourceThreadId,
      newThreadId,
      resourceId,
      title,
      metadata,
      options = {},
    }: StorageCloneThreadInput,
    copyId: string,
  ): Promise<stored.CopiedPart> {
    const copy = {
      sourceThreadId,
      newThreadId,
      resourceId,
      title,
      metadata:
        metadata === undefined ? undefined : objectOf(metadata, "metadata"),
      copyId,
    };
    const chosen = CLONE_OPTIONS.toConvex(options, "options");
    const { messageLimit = 0, messageFilter = {} } = chosen;
    const { startDate, endDate, messageIds = [] } = messageFilter;
    const ids = idsOf(messageIds, "options.messageFilter.messageIds");
    if (ids.length <= MAX_IDS) {
      try {
        return await this.#functions.copyPart({
          ...copy,
          options: chosen,
        });
      } catch (error) {
        if (!(error instanceof LimitExceeded) || ids.length === 0) throw error;
      }
    }
    const found = await parts<stored.MessagesToCopy>(
      this._storage,
      async ({ mastraMemory }, before) => {
        const left = before === undefined ? ids : before.remaining;
        const part = await mastraMemory.findMessagesToCopy({
          sourceThreadId,
          messageIds: left.slice(0, MAX_IDS),
          startDate,
          endDate,
        });
        return {
          ...part,
          remaining: [...part.remaining, ...left.slice(MAX_IDS)],
        };
      },
      isFound,
    );
    const messages = found.flatMap((part) => part.messages).sort(inTime);
    const latest = messageLimit > 0 ? messages.slice(-messageLimit) : messages;
    const remaining = latest.map(({ id }) => id);
    const lastMessageId = remaining.at(-1) ?? "";
    const begun = await this.#functions.copyPart({ ...copy, lastMessageId });
    return { ...begun, remaining };
  }

  /** Copies a thread as `copyThread` does, and gives the messages of the copy. */
  override async cloneThread(
    given: StorageCloneThreadInput,
  ): Promise<StorageCloneThreadOutput> {
    const copy = await this.copyThread(given);
    const { messages } = await this.listMessages({
      threadId: copy.thread.id,
      perPage: false,
    });
    return { ...copy, clonedMessages: messages };
  }

  /** Moves a thread with its messages to a resource. */
  override async updateThreadResourceId(given: {
    threadId: string;
    resourceId: string;
  }): Promise<StorageThreadType> {
    for (;;) {
      const { thread, isDone } = await this.#functions.moveThread(given);
      if (isDone) return THREAD.toMastra(thread);
    }
  }

  override async getResourceById({
    resourceId,
  }: {
    resourceId: string;
  }): Promise<StorageResourceType | null> {
    const resource = await this.#functions.getResourceById({ resourceId });
    return resource === null ? null : RESOURCE.toMastra(resource);
  }

  override async saveResource({
    resource,
  }: {
    resource: StorageResourceType;
  }): Promise<StorageResourceType> {
    const saved = await this.#functions.saveResource({
      resource: RESOURCE.toConvex(resource, "resource"),
    });
    return RESOURCE.toMastra(saved);
  }

  /** Changes the working memory, and entries of the metadata, of a resource that is made where there is none. */
  override async updateResource({
    resourceId,
    workingMemory,
    metadata,
  }: {
    resourceId: string;
    workingMemory?: string;
    metadata?: Record<string, unknown>;
  }): Promise<StorageResourceType> {
    const changed = await this.#functions.updateResource({
      resourceId,
      workingMemory,
      metadata:
        metadata === undefined ? undefined : objectOf(metadata, "metadata"),
    });
    return RESOURCE.toMastra(changed);
  }

  /** Deletes all threads with their messages, resources and observations. */
  override async dangerouslyClearAll(): Promise<void> {
    await this._storage.messages.clear();
    await this._storage.threads.clear();
    await this._storage.resources.clear();
    await this._storage.observationChunks.clear();
    await this._storage.observationalMemory.clear();
  }

  get #functions(): Functions["mastraMemory"] {
    return this._storage.functions.mastraMemory;
  }
}

type ThreadUpdate = Parameters<MemoryStorage["updateThread"]>[0];

/** Messages with their places in time, where those of one time are as they were inserted. */
class Places {
  readonly #places = new Map<string, stored.MessageToCopy>();

  /** The places of some messages. */
  add(
    messages: readonly stored.MastraDBMessage[],
    places: readonly stored.MessagePlace[],
  ): void {
    for (const [index, place] of places.entries()) {
      const message = messages[index];
      if (message === undefined) continue;
      const { id, createdAt } = message;
      this.#places.set(id, { id, createdAt, ...place });
    }
  }

  /** Puts messages whose places are known in their order, the oldest first. */
  sort(messages: stored.MastraDBMessage[]): void {
    messages.sort((one, other) => {
      const [left, right] = [
        this.#places.get(one.id),
        this.#places.get(other.id),
      ];
      return left === undefined || right === undefined
        ? 0
        : inTime(left, right);
    });
  }
}

function inTime(
  one: stored.MessageToCopy,
  other: stored.MessageToCopy,
): number {
  const difference =
    one.createdAt - other.createdAt || one.insertedAt - other.insertedAt;
  return difference || (one.document < other.document ? -1 : 1);
}

function isFound({ remaining }: { remaining: string[] }): boolean {
  return remaining.length === 0;
}

/** Throws before the first of several transactions. */
function requireOwned(message: MastraDBMessage): void {
  if (!isRecord(message)) return;
  for (const field of ["threadId", "resourceId"] as const) {
    if (!message[field]) {
      throw new InvalidArgument(
        `Expected to find a ${field} for message, but couldn't find one. An unexpected error has occurred.`,
      );
    }
  }
}

/** The IDs of copies by those of messages. */
function copiesIn({ messageIdMap }: stored.CopiedPart): Record<string, string> {
  return { ...(messageIdMap as Record<string, string>) };
}
