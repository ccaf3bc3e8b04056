/**
 * File storage: documents of `_storage` and the content that belongs to them, of the project and
 * of each component.
 * Source: the backend's `model/src/file_storage` and `file_storage/src/core.rs`.
 */

import {
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { RequestError } from "../errors.mjs";
import { executions } from "../calls/executions.mjs";
import { ROOT } from "../calls/definitions.mjs";
import { tableNumberOfId } from "../database/ids.mjs";
import { textArgument } from "../values/texts.mjs";

/**
 * @typedef {import("../database/database.mjs").Database} Database
 * @typedef {import("../calls/transactions.mjs").TransactionManager} TransactionManager
 * @typedef {import("../values/values.mjs").ConvexObject} ConvexObject
 *
 * @typedef {object} StoredFile whose content is not copied from thread to thread
 * @property {number} size in bytes
 * @property {string | null} contentType
 * @property {string} sha256 in base64
 */

const TABLE = "_storage";
/** What ids of files were once. */
const UUID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;
const UPLOAD_URL_LIFETIME = 3600 * 1000;

// convex-test replaces the global by an accessor.
const { now } = Date;

export class FileStorage {
  #databases;
  #manager;
  #secret = randomBytes(32);
  /** Of URLs; known when the server listens. */
  origin = "http://127.0.0.1";

  /**
   * @param {object} options
   * @param {() => Map<string, Database>} options.databases by the path of the component
   * @param {TransactionManager} options.manager
   */
  constructor({ databases, manager }) {
    this.#databases = databases;
    this.#manager = manager;
    manager.onCommit((changes) => {
      for (const { componentPath, tableName, id, after } of changes)
        if (tableName === TABLE && after === null)
          this.#databaseOf(componentPath).deleteFile(id);
    });
  }

  /** That of the function that runs. */
  get #database() {
    return this.#databaseOf(currentComponent());
  }

  /**
   * @param {string} componentPath
   * @returns {Database}
   */
  #databaseOf(componentPath) {
    const database = this.#databases().get(componentPath);
    if (database === undefined)
      throw new Error(`There is no component ${componentPath}`);
    return database;
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
          `${this.origin}/api/storage/upload?token=${this.#token(currentComponent())}`,
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
          const document = this.#document("delete", storageId);
          if (document === null)
            throw new Error(`storage id ${storageId} not found`);
          this.#returnFile(storageId, Number(document.size));
          this.#database.deleteDocument(TABLE, storageId);
          return "null";
        }),
      "1.0/storageStore": ({ blob, contentType, sha256 }) =>
        this.#transact(() => {
          const bytes = new Uint8Array(Buffer.from(blob, "base64"));
          const transaction = this.#transactionOfFunction();
          const { length } = bytes;
          transaction?.meter.countFile(
            "filesWritten",
            "fileWriteBytes",
            length,
          );
          const id = this.#insert(bytes, contentType, sha256);
          transaction?.files.stored.add(id);
          return JSON.stringify(id);
        }),
      "1.0/storageGet": async ({ storageId }) => {
        const file = await this.#transact(() => {
          const found = this.#file(storageId);
          if (found !== null) this.#countRead(storageId, found.bytes.length);
          return found;
        });
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
   * @throws {RequestError} when it is none of this server's, or too old
   */
  checkUpload(token) {
    this.#componentOf(token);
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
    const database = this.#databaseOf(this.#componentOf(token));
    return this.#manager.runSystem(() =>
      this.#insert(bytes, contentType, sha256, database),
    );
  }

  /**
   * @param {string} id
   * @returns {Promise<StoredFile | null>}
   */
  read(id) {
    return this.#manager.runSystem(() => {
      for (const database of this.#databases().values()) {
        if (database.tables.nameOfId(id) !== TABLE) continue;
        const document = database.get(TABLE, id);
        const file = database.getFile(id);
        if (document === null || file === null) continue;
        return {
          size: file.bytes.length,
          contentType: file.contentType || null,
          sha256: String(document.sha256),
        };
      }
      return null;
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

  #transactionOfFunction() {
    return this.#manager.isInTransaction()
      ? this.#manager.openTransaction()
      : null;
  }

  /**
   * @param {string} id
   * @param {number} size
   */
  #countRead(id, size) {
    const transaction = this.#transactionOfFunction();
    if (transaction === null) return;
    const { stored, read } = transaction.files;
    if (stored.has(id) || read.has(id)) return;
    transaction.meter.countFile("filesRead", "fileReadBytes", size);
    read.add(id);
  }

  /**
   * @param {string} id
   * @param {number} size
   */
  #returnFile(id, size) {
    const transaction = this.#transactionOfFunction();
    if (transaction?.files.stored.delete(id))
      transaction.meter.returnFile(size);
  }

  /**
   * Source: `FileStorageId::from_str` and `query_for_storage_id` of the backend's
   * `model/src/file_storage/mod.rs`.
   *
   * @param {string} operation such as `getUrl`
   * @param {unknown} storageId
   * @returns {ConvexObject | null}
   * @throws {Error} for what is no id of a file
   */
  #document(operation, storageId) {
    const method = `storage.${operation}`;
    const id = textArgument(method, "storageId", storageId);
    if (tableNumberOfId(id) === null) {
      if (UUID.test(id)) return null;
      // The backend's text has a line break and the indentation of its source in it.
      throw new Error(
        `Invalid argument \`storageId\` for \`${method}\`: Invalid storage ID: "${id}". Storage ID ` +
          "should be an\n                    Id of '_storage' table, or a UUID string.",
      );
    }
    if (this.#database.tables.nameOfId(id) !== TABLE) {
      throw new Error(
        "Invalid storage ID. Storage ID cannot be an ID on any table other than '_storage'.",
      );
    }
    this.#transactionOfFunction()?.countPointRead(
      this.#database.tables.get(TABLE),
      id,
    );
    return this.#database.get(TABLE, id);
  }

  /** @param {string} id */
  #file(id) {
    // As Convex calls it. Source: `run_storage_get_inner` of `environment/action/storage.rs`.
    return this.#document("getMetadata", id) && this.#database.getFile(id);
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {string | null | undefined} contentType
   * @param {string | undefined} expected
   * @param {Database} [database]
   */
  #insert(bytes, contentType, expected, database = this.#database) {
    const digest = createHash("sha256").update(bytes).digest();
    const sha256 = digest.toString("base64");
    if (expected && ![sha256, digest.toString("hex")].includes(expected))
      throw new RequestError(
        400,
        "Sha256Mismatch",
        `The file has the SHA-256 ${sha256}, not ${expected}`,
      );
    const id = database.insert(TABLE, {
      sha256,
      size: bytes.length,
      contentType: contentType || null,
    });
    database.storeFile(id, { bytes, contentType: contentType ?? "" });
    return id;
  }

  /** @param {string} component that the file will be of */
  #token(component) {
    const owner = Buffer.from(component).toString("base64url");
    const signed = `${now() + UPLOAD_URL_LIFETIME}.${owner}`;
    return `${signed}.${this.#signature(signed).toString("base64url")}`;
  }

  /** @param {string} signed */
  #signature(signed) {
    return createHmac("sha256", this.#secret).update(signed).digest();
  }

  /**
   * @param {string} token
   * @returns {string} the component that the file is to be of
   * @throws {RequestError}
   */
  #componentOf(token) {
    const [expiry = "", owner = "", signature = ""] = token.split(".");
    const given = Buffer.from(signature, "base64url");
    const expected = this.#signature(`${expiry}.${owner}`);
    const isOwn =
      given.length === expected.length && timingSafeEqual(given, expected);
    if (!isOwn || Number(expiry) < now()) {
      throw new RequestError(
        401,
        "StorageTokenInvalid",
        "The upload URL is not of this server, or older than an hour: generate another one",
      );
    }
    return Buffer.from(owner, "base64url").toString();
  }
}

function currentComponent() {
  return executions.getStore()?.componentPath ?? ROOT;
}
