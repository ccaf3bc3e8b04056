/**
 * File storage: documents of `_storage` and the content that belongs to them.
 * Source: the backend's `model/src/file_storage` and `file_storage/src/core.rs`.
 */

import {
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { RequestError } from "./errors.mjs";
import { executions } from "./executions.mjs";

/**
 * @typedef {import("./database.mjs").Database} Database
 * @typedef {import("./transactions.mjs").TransactionManager} TransactionManager
 * @typedef {import("./values.mjs").ConvexObject} ConvexObject
 *
 * @typedef {object} StoredFile
 * @property {Uint8Array<ArrayBuffer>} bytes
 * @property {string | null} contentType
 * @property {string} sha256 in base64
 */

const TABLE = "_storage";
const UPLOAD_URL_LIFETIME = 3600 * 1000;

// convex-test replaces the global by an accessor.
const { now } = Date;

export class FileStorage {
  #database;
  #manager;
  #secret = randomBytes(32);
  /** Of URLs; known when the server listens. */
  origin = "http://127.0.0.1";

  /**
   * @param {object} options
   * @param {Database} options.database
   * @param {TransactionManager} options.manager
   */
  constructor({ database, manager }) {
    this.#database = database;
    this.#manager = manager;
    manager.onCommit((changes) => {
      for (const { tableName, id, after } of changes)
        if (tableName === TABLE && after === null) database.deleteFile(id);
    });
  }

  /**
   * The system calls of `ctx.storage`, by name.
   *
   * @returns {{ [name: string]: (args: any) => Promise<string> }} to JSON
   */
  get asyncSyscalls() {
    return {
      "1.0/storageGenerateUploadUrl": async () =>
        JSON.stringify(
          `${this.origin}/api/storage/upload?token=${this.#token()}`,
        ),
      "1.0/storageGetUrl": ({ storageId }) =>
        this.#transact(() => {
          const document = this.#document("getUrl", storageId);
          return JSON.stringify(
            document && `${this.origin}/api/storage/${storageId}`,
          );
        }),
      "1.0/storageGetMetadata": ({ storageId }) =>
        this.#transact(() => {
          const document = this.#document("getMetadata", storageId);
          if (document === null) return "null";
          const { sha256, size, contentType } = document;
          const digest = Buffer.from(String(sha256), "base64").toString("hex");
          return JSON.stringify({
            storageId,
            sha256: digest,
            size,
            contentType,
          });
        }),
      "1.0/storageDelete": ({ storageId }) =>
        this.#transact(() => {
          if (this.#document("delete", storageId) === null)
            throw new Error(`storage id ${storageId} not found`);
          this.#database.deleteDocument(TABLE, storageId);
          return "null";
        }),
      "1.0/storageStore": ({ blob, contentType, sha256 }) =>
        this.#transact(() => {
          const bytes = new Uint8Array(Buffer.from(blob, "base64"));
          return JSON.stringify(this.#insert(bytes, contentType, sha256));
        }),
      "1.0/storageGet": async ({ storageId }) => {
        const file = await this.#transact(() => this.#file(storageId));
        if (file === null) return "null";
        return JSON.stringify({
          blob: Buffer.from(file.bytes).toString("base64"),
          contentType: file.contentType || null,
        });
      },
    };
  }

  /**
   * The calls that hand over a `Blob`, by name.
   *
   * @returns {{ [name: string]: (args: any) => Promise<unknown> }}
   */
  get jsSyscalls() {
    return {
      "storage/storeBlob": async ({ blob, options }) => {
        const bytes = new Uint8Array(await blob.arrayBuffer());
        return this.#transact(() =>
          this.#insert(bytes, blob.type, options?.sha256),
        );
      },
      "storage/getBlob": ({ storageId }) =>
        this.#transact(() => {
          const file = this.#file(storageId);
          return file && new Blob([file.bytes], { type: file.contentType });
        }),
    };
  }

  /**
   * @param {string} token of an upload URL
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {string | null} contentType
   * @param {string} [sha256] in base64 or hexadecimal digits, to be compared
   * @returns {Promise<string>} the id
   * @throws {RequestError} when the token is none of this server's, or too old
   */
  upload(token, bytes, contentType, sha256) {
    this.#checkToken(token);
    return this.#manager.runSystem(() =>
      this.#insert(bytes, contentType, sha256),
    );
  }

  /**
   * @param {string} id
   * @returns {Promise<StoredFile | null>}
   */
  read(id) {
    return this.#manager.runSystem(() => {
      if (this.#database.tables.nameOfId(id) !== TABLE) return null;
      const document = this.#database.get(TABLE, id);
      const file = this.#database.getFile(id);
      if (document === null || file === null) return null;
      return {
        bytes: file.bytes,
        contentType: file.contentType || null,
        sha256: String(document.sha256),
      };
    });
  }

  /**
   * @template T
   * @param {() => T} work
   * @returns {Promise<T>} in the transaction of this context, or in one of its own in an action
   */
  async #transact(work) {
    if (!executions.getStore()?.transaction)
      return this.#manager.runSystem(work);
    this.#manager.openTransaction();
    return work();
  }

  /**
   * @param {string} operation
   * @param {string} id
   * @returns {ConvexObject | null}
   */
  #document(operation, id) {
    const table = this.#database.tables.nameOfId(id);
    if (table !== TABLE) {
      throw new Error(
        `Invalid storage ID for \`storage.${operation}\`: "${id}" is not the ID of a file`,
      );
    }
    if (this.#manager.isInTransaction())
      this.#manager.openTransaction().countPointRead(this.#database, TABLE, id);
    return this.#database.get(TABLE, id);
  }

  /** @param {string} id */
  #file(id) {
    return this.#document("get", id) && this.#database.getFile(id);
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {string | null | undefined} contentType
   * @param {string | undefined} expected
   */
  #insert(bytes, contentType, expected) {
    const digest = createHash("sha256").update(bytes).digest();
    const sha256 = digest.toString("base64");
    if (expected && ![sha256, digest.toString("hex")].includes(expected))
      throw new RequestError(
        400,
        "Sha256Mismatch",
        `The file has the SHA-256 ${sha256}, not ${expected}`,
      );
    const id = this.#database.insert(TABLE, {
      sha256,
      size: bytes.length,
      contentType: contentType || null,
    });
    this.#database.storeFile(id, { bytes, contentType: contentType ?? "" });
    return id;
  }

  #token() {
    const expiry = now() + UPLOAD_URL_LIFETIME;
    return `${expiry}.${this.#signature(expiry).toString("base64url")}`;
  }

  /** @param {number} expiry */
  #signature(expiry) {
    return createHmac("sha256", this.#secret).update(String(expiry)).digest();
  }

  /** @param {string} token */
  #checkToken(token) {
    const [expiry = "", signature = ""] = token.split(".");
    const given = Buffer.from(signature, "base64url");
    const expected = this.#signature(Number(expiry));
    const isOwn =
      given.length === expected.length && timingSafeEqual(given, expected);
    if (!isOwn || Number(expiry) < now()) {
      throw new RequestError(
        401,
        "StorageTokenInvalid",
        "The upload URL is not of this server, or older than an hour: generate another one",
      );
    }
  }
}
