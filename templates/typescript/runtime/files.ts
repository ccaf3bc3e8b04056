import { requireCallOptions, requireFunction } from "./calls.js";
import type { Client } from "./client.js";
import {
  Aborted,
  ConvexgenError,
  doubted,
  InvalidArgument,
  NotFound,
  ServerError,
  Timeout,
  Unavailable,
} from "./errors.js";
import { isUnsent } from "./exchange.js";
import { isRefusal } from "./failures.js";
import { functionCall, type FunctionDescription } from "./functions.js";
import type { BulkOptions, CallOptions, Id, Progress } from "./types.js";

/** What a file is sent from. */
export type FileSource =
  | ArrayBuffer
  | ArrayBufferView<ArrayBuffer>
  | Blob
  | ReadableStream<Uint8Array<ArrayBuffer>>;

export interface UploadOptions extends BulkOptions {
  /** By default, that of the `Blob` or `File`. */
  contentType?: string | undefined;
}

type StorageId = Id<"_storage">;

const OK = 200;
const MISSING = 404;
const LONGEST_ANSWER = 500;

/**
 * Stored files. The `timeout` of a call, and that of the client, is for how long
 * nothing of a file may move; `progress` is called with the number of bytes so far.
 */
export class StoredFiles {
  readonly #client: Client;
  readonly #uploadUrl: FunctionDescription;
  readonly #fileUrl: FunctionDescription;
  readonly #deleteFile: FunctionDescription;

  /** The module is that of the functions of files. */
  constructor(client: Client, module: string) {
    this.#client = client;
    const common = { check: undefined, codec: undefined, result: undefined };
    this.#uploadUrl = {
      ...common,
      kind: "mutation",
      path: `${module}:generateUploadUrl`,
      idempotent: true,
    };
    this.#fileUrl = {
      ...common,
      kind: "query",
      path: `${module}:fileUrl`,
      idempotent: true,
    };
    this.#deleteFile = {
      ...common,
      kind: "mutation",
      path: `${module}:deleteFile`,
      idempotent: true,
    };
  }

  /**
   * Stores a file; its ID. A file that no document has the ID of stays until it is
   * deleted. In Node, `openAsBlob(path)` of `node:fs` gives a file of the disk.
   */
  async upload(
    file: FileSource,
    options: UploadOptions = {},
  ): Promise<StorageId> {
    const { contentType, progress, ...others } = requireCallOptions(
      options,
      "contentType",
      "progress",
    );
    requireFunction(progress, "progress");
    requireSource(file);
    const type = contentType ?? (file instanceof Blob ? file.type : "");
    const url = await this.#client.run(
      functionCall<string>(this.#uploadUrl, {}),
      others,
    );
    const transfer = new Transfer(
      this.#client,
      "upload a file",
      others,
      progress,
      true,
    );
    const headers = {
      "Content-Type": type === "" ? "application/octet-stream" : type,
    };
    const { status, text } = await transfer.whole(() =>
      sendsByRequest()
        ? transfer.sendByRequest(url, headers, file)
        : transfer.send(url, headers, file),
    );
    return transfer.storageId(status, text);
  }

  /**
   * What is in a file, as it comes. Who does not read all of it cancels it.
   * Throws `NotFound` where there is no such file.
   */
  async stream(
    id: StorageId,
    options: BulkOptions = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { progress, ...others } = requireCallOptions(options, "progress");
    requireFunction(progress, "progress");
    const transfer = new Transfer(
      this.#client,
      `download file "${id}"`,
      others,
      progress,
      false,
    );
    const url = await this.url(id, others);
    if (url === null) throw transfer.missing();
    return await transfer.receive(url);
  }

  /** A whole file. Throws `NotFound` where there is no such file. */
  async download(id: StorageId, options: BulkOptions = {}): Promise<Blob> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const reader = (await this.stream(id, options)).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Blob(pieces);
      pieces.push(value);
    }
  }

  /** Where anybody who has it can download a file; null where there is no such file. */
  async url(id: StorageId, options: CallOptions = {}): Promise<string | null> {
    const call = functionCall<string | null>(this.#fileUrl, { id });
    return await this.#client.run(call, options);
  }

  /**
   * Deletes a file. False if it was not there, undefined if that is not known: the
   * answer to an earlier attempt was lost.
   */
  async delete(
    id: StorageId,
    options: CallOptions = {},
  ): Promise<boolean | undefined> {
    const { answer, isCertain } = await this.#client.change(
      functionCall<boolean>(this.#deleteFile, { id }),
      options,
    );
    return answer || isCertain ? answer : undefined;
  }
}

interface Answer {
  status: number;
  text: string;
}

/** A file on its way, which ends with its client. */
class Transfer {
  readonly #client: Client;
  readonly #operation: string;
  readonly #timeout: number;
  readonly #signal: AbortSignal | undefined;
  readonly #progress: Progress | undefined;
  readonly #stores: boolean;
  readonly #ending = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #isLate = false;
  #done = 0;

  /** One that `stores` may have stored a file, whatever is heard of it. */
  constructor(
    client: Client,
    operation: string,
    { timeout = client.timeout, signal }: CallOptions,
    progress: Progress | undefined,
    stores: boolean,
  ) {
    this.#client = client;
    this.#operation = operation;
    this.#timeout = timeout;
    this.#signal = signal;
    this.#progress = progress;
    this.#stores = stores;
  }

  readonly #abort = (): void => this.#ending.abort();

  /** Ends it with an error: its client is closed. */
  close(): void {
    this.#isClosed = true;
    this.#abort();
  }

  /** What all of it gives. */
  async whole<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#client._begin(this);
    try {
      return await this.#inTime(work);
    } finally {
      this.#client._end(this);
    }
  }

  /** What a part of it gives, which ends with the signal, and where nothing moves. */
  async #inTime<Result>(work: () => Promise<Result>): Promise<Result> {
    const { signal } = this.#ending;
    if (this.#signal?.aborted) this.#abort();
    // Nothing was begun.
    if (signal.aborted) throw this.#failure(undefined);
    let giveUp: () => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      giveUp = () => reject(new Error("it has ended"));
    });
    signal.addEventListener("abort", giveUp);
    this.#signal?.addEventListener("abort", this.#abort);
    this.#wait();
    try {
      // Whatever becomes of the work: a source may never give anything.
      return await Promise.race([work(), ended]);
    } catch (error) {
      const failure = this.#failure(error);
      const isSent = this.#stores && !isUnsent(causeOf(error));
      throw isSent ? stored(failure) : failure;
    } finally {
      clearTimeout(this.#timer);
      signal.removeEventListener("abort", giveUp);
      this.#signal?.removeEventListener("abort", this.#abort);
    }
  }

  async send(
    url: string,
    headers: Record<string, string>,
    file: FileSource,
  ): Promise<Answer> {
    const stream =
      file instanceof ReadableStream ? file : blobOf(file).stream();
    // `duplex` is in no type of the DOM, and Node wants it of what is streamed.
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      headers,
      body: stream.pipeThrough(this.#counted()),
      duplex: "half",
      signal: this.#ending.signal,
    };
    const response = await this.#client._fetch(url, init);
    return { status: response.status, text: await response.text() };
  }

  /** Browsers stream no request over HTTP/1.1, and tell of its progress by this alone. */
  async sendByRequest(
    url: string,
    headers: Record<string, string>,
    file: FileSource,
  ): Promise<Answer> {
    const body =
      file instanceof ReadableStream
        ? await new Response(file).blob()
        : blobOf(file);
    return await new Promise<Answer>((resolve, reject) => {
      const request = new XMLHttpRequest();
      const fail = (): void => reject(new TypeError("the connection broke"));
      this.#ending.signal.addEventListener("abort", () => request.abort());
      request.upload.addEventListener("progress", ({ loaded }) =>
        this.#moved(loaded),
      );
      request.addEventListener("load", () =>
        resolve({ status: request.status, text: request.responseText }),
      );
      request.addEventListener("error", fail);
      request.addEventListener("abort", fail);
      request.open("POST", url);
      for (const [name, value] of Object.entries(headers)) {
        request.setRequestHeader(name, value);
      }
      if (this.#ending.signal.aborted) fail();
      else request.send(body);
    });
  }

  async receive(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    this.#client._begin(this);
    try {
      const body = await this.#inTime(() => this.#body(url));
      return this.#passedOn(body.getReader());
    } catch (error) {
      this.#client._end(this);
      throw error;
    }
  }

  async #body(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { signal } = this.#ending;
    const { status, body } = await this.#client._fetch(url, { signal });
    if (status === OK && body !== null) return body;
    if (status !== MISSING) {
      throw this.#unexpected(status, await new Response(body).text());
    }
    await body?.cancel();
    throw this.missing();
  }

  #passedOn(
    reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      pull: async (controller) => {
        try {
          const { done, value } = await this.#inTime(() => reader.read());
          if (!done) {
            // Who reads may take his time.
            this.#tell(this.#done + value.byteLength);
            controller.enqueue(value);
            return;
          }
          controller.close();
        } catch (error) {
          this.#client._end(this);
          throw error;
        }
        this.#client._end(this);
      },
      cancel: async (reason) => {
        this.#client._end(this);
        await reader.cancel(reason);
      },
    });
  }

  /** The ID that the answer to a file has. */
  storageId(status: number, text: string): StorageId {
    if (status === OK) {
      try {
        const { storageId } = JSON.parse(text) as { storageId?: unknown };
        if (typeof storageId === "string") return storageId as StorageId;
      } catch {
        // What it is, is said.
      }
    }
    const failure = this.#unexpected(status, text);
    throw isRefusal(status, text) ? failure : stored(failure);
  }

  missing(): NotFound {
    return new NotFound("there is no such file", {
      operation: this.#operation,
    });
  }

  #unexpected(status: number, text: string): ServerError {
    const said = text.slice(0, LONGEST_ANSWER) || "nothing was said";
    return new ServerError(`the answer was ${status}: ${said}`, {
      operation: this.#operation,
    });
  }

  #failure(cause: unknown): ConvexgenError {
    const details = { operation: this.#operation, cause };
    if (cause instanceof ConvexgenError) return cause;
    if (this.#isClosed)
      return new Unavailable("the client was closed", details);
    if (this.#isLate) {
      return new Timeout(`nothing moved for ${this.#timeout} ms`, details);
    }
    if (this.#signal?.aborted)
      return new Aborted("the signal ended it", details);
    return new Unavailable("the connection broke", details);
  }

  #counted(): TransformStream<
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>
  > {
    return new TransformStream({
      transform: (piece, controller) => {
        controller.enqueue(piece);
        this.#moved(this.#done + piece.byteLength);
      },
    });
  }

  #moved(done: number): void {
    this.#wait();
    this.#tell(done);
  }

  #tell(done: number): void {
    this.#done = done;
    this.#progress?.(done);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      this.#abort();
    }, this.#timeout);
  }
}

/** An error of what was sent, which says that the file may be there. */
function stored(error: ConvexgenError): ConvexgenError {
  return doubted(error, "the file may be stored");
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** Throws `InvalidArgument` for what would be stored as its text, such as null. */
function requireSource(file: unknown): void {
  const isSource =
    file instanceof Blob ||
    file instanceof ArrayBuffer ||
    file instanceof ReadableStream ||
    ArrayBuffer.isView(file);
  if (isSource) return;
  throw new InvalidArgument(
    "a file is sent from a `Blob`, bytes or a stream: make text a `Blob`",
    { operation: "upload a file" },
  );
}

function blobOf(file: ArrayBuffer | ArrayBufferView<ArrayBuffer> | Blob): Blob {
  return file instanceof Blob ? file : new Blob([file]);
}

function sendsByRequest(): boolean {
  return typeof XMLHttpRequest === "function";
}
