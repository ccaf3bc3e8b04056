/**
 * The data of a backend in a file, to which every commit is appended before
 * anything that shows it is answered. What was written survives the end of the
 * process, however it ends; the system may lose what it has not brought to the
 * disk yet when it loses power.
 */

import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { CommitStore } from "../database/commits.mjs";
import {
  FIRST_DIGEST,
  FIRST_LINE,
  FIRST_LINE_PATTERN,
  HEAD_LENGTH,
  UNCHAINED_FIRST_LINE,
  decodeHead,
  decodeRecord,
  encodeRecord,
  splitRecord,
} from "./dataFormat.mjs";
import { StartError } from "../errors.mjs";

/** @typedef {import("../database/commits.mjs").CommitRecord} CommitRecord */

/** Of its owner alone: it has what the functions have. */
const MODE = 0o600;
/** Neither follows a link nor waits for a pipe. Windows has neither of the two. */
const PLAIN = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** In the place of an open file. */
const CLOSED = -1;

/** A file that is not longer is not worth the work, in bytes. */
const MIN_COMPACTED_LENGTH = 1_000_000;

/**
 * A `CommitStore` that keeps its records in a file. When more than half of the
 * file is out of date it is written anew.
 */
export class DataFile {
  #store = new CommitStore();
  #path;
  #warn;
  /** @type {number} */
  #file;
  #length;
  /** Whether each record follows on the one before. */
  #isChained = true;
  /** That of the last record. */
  #digest = FIRST_DIGEST;
  /** At which it is written anew. */
  #maxLength = 0;
  #isOpen = true;
  /** Whether there is something that the system may not have brought to the disk. */
  #isDirty = false;

  /**
   * @param {string} path of a file that need not exist, and that nobody else uses
   * @param {(line: string) => void} warn
   * @throws {StartError} when it cannot be used; it is as it was then
   */
  constructor(path, warn) {
    this.#path = path;
    this.#warn = warn;
    try {
      this.#file = openPlain(path);
      this.#length = this.#read(fstatSync(this.#file).size);
      this.#maxLength = limitFor(estimateLength(this.#store.snapshot()));
      if (this.#length === 0) this.#writeFirstLine();
      if (!this.#isChained) this.#compact();
      else if (this.#length > this.#maxLength) this.#tryToCompact();
    } catch (error) {
      throw asStartError(path, error);
    }
  }

  /** @returns {CommitRecord} the whole state */
  snapshot() {
    return this.#store.snapshot();
  }

  /**
   * @param {string} key
   * @param {bigint} now
   */
  answered(key, now) {
    return this.#store.answered(key, now);
  }

  /** @param {string} id of a file */
  contentOf(id) {
    return this.#store.contentOf(id);
  }

  /**
   * Keeps what a commit changed. A failure ends the process: nothing may be
   * answered that is not kept.
   *
   * @param {CommitRecord} record
   */
  apply(record) {
    try {
      const { line, digest } = encodeRecord(record, this.#digest);
      this.#write(line);
      this.#digest = digest;
      this.#store.apply(record);
      if (this.#length > this.#maxLength) this.#tryToCompact();
    } catch (error) {
      writeSync(
        process.stderr.fd,
        `${this.#path} cannot be written: ${reasonOf(error)}. The backend ends, so that nothing is ` +
          "answered that is not kept. Start it again when the file can be written.\n",
      );
      process.exit(1);
    }
  }

  /** Brings everything to the disk. */
  close() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      if (this.#isDirty) fsyncSync(this.#file);
      closeSync(this.#file);
    } catch (error) {
      this.#warn(
        `${this.#path} may not be on the disk as a whole: ${reasonOf(error)}`,
      );
    }
  }

  /**
   * @param {number} length
   * @returns {number} the length without what was not written to its end
   */
  #read(length) {
    if (this.#isBegunAlone(length)) {
      ftruncateSync(this.#file, 0);
      return 0;
    }
    let offset = this.#readFirstLine();
    while (offset < length) {
      const next = this.#readRecord(offset, length);
      if (next === null) {
        this.#warn(
          `${this.#path}: the last ${length - offset} bytes are a record that was not written to its ` +
            "end, of a commit that was never answered. They are dropped.",
        );
        ftruncateSync(this.#file, offset);
        return offset;
      }
      offset = next;
    }
    return offset;
  }

  /**
   * @param {number} length
   * @returns {boolean} whether not even the first line was written to its end, and so nothing was ever kept
   */
  #isBegunAlone(length) {
    return (
      length < FIRST_LINE.length &&
      FIRST_LINE.startsWith(this.#bytes(0, length).toString("latin1"))
    );
  }

  /** @returns {number} its length */
  #readFirstLine() {
    const text = this.#bytes(0, 64).toString("latin1");
    const version = FIRST_LINE_PATTERN.exec(text)?.groups?.version;
    if (version === undefined) {
      throw new StartError(
        `${this.#path} is not a data file of convexgen, and is left as it is. Name another one.`,
      );
    }
    this.#isChained = !text.startsWith(UNCHAINED_FIRST_LINE);
    if (this.#isChained && !text.startsWith(FIRST_LINE)) {
      throw new StartError(
        `${this.#path} has the format ${version}, of another version of convexgen. Use that version, or ` +
          "name another file.",
      );
    }
    return FIRST_LINE.length;
  }

  /**
   * @param {number} offset
   * @param {number} end of the file
   * @returns {number | null} where the next one begins, null when the file ends before this one does
   */
  #readRecord(offset, end) {
    const start = offset + HEAD_LENGTH;
    const head = decodeHead(this.#bytes(offset, HEAD_LENGTH));
    const next = start + (head?.length ?? 0);
    if (start > end || next > end) {
      // What is not written to its end has no end of line; what has one is damaged.
      const rest = this.#bytes(offset, end - offset);
      if (rest.includes("\n")) throw this.#corruption(offset);
      return null;
    }
    const line = this.#bytes(start, next - start);
    const before = this.#isChained ? this.#digest : "";
    const record = head && decodeRecord(line, head.digest, before);
    if (record === null) throw this.#corruption(offset);
    this.#digest = head?.digest ?? before;
    this.#store.apply(record);
    return next;
  }

  /** @param {number} offset */
  #corruption(offset) {
    return new StartError(
      `${this.#path} is damaged: the record at byte ${offset} is not what was written there. Put a copy in its ` +
        `place; or give up that record and all after it: truncate -s ${offset} ${this.#path}`,
    );
  }

  /**
   * @param {number} offset
   * @param {number} length
   * @returns {Buffer} shorter at the end of the file
   */
  #bytes(offset, length) {
    const bytes = Buffer.alloc(length);
    let read = 0;
    while (read < length) {
      const count = readSync(
        this.#file,
        bytes,
        read,
        length - read,
        offset + read,
      );
      if (count === 0) break;
      read += count;
    }
    return bytes.subarray(0, read);
  }

  #writeFirstLine() {
    try {
      this.#write(Buffer.from(FIRST_LINE));
    } catch (error) {
      // Half of it would be a file of something else.
      ftruncateSync(this.#file, 0);
      throw error;
    }
  }

  /** @param {Buffer} bytes */
  #write(bytes) {
    writeAll(this.#file, bytes);
    this.#isDirty = true;
    this.#length += bytes.length;
  }

  /** A file that cannot be written anew, as on a full disk, goes on as it is. */
  #tryToCompact() {
    try {
      this.#compact();
    } catch (error) {
      if (this.#file === CLOSED) throw error;
      this.#maxLength = limitFor(this.#length);
      this.#warn(
        `${this.#path} cannot be written anew without what is out of date: ${reasonOf(error)}. It goes ` +
          `on as it is; this is tried again when it has ${this.#maxLength} bytes.`,
      );
    }
  }

  /** Puts a file of the present state in the place of this one, whole or not at all. */
  #compact() {
    const beside = `${this.#path}.new`;
    // What a rewriting has left that was cut short, or somebody has put there.
    rmSync(beside, { force: true });
    try {
      const { length, digest } = this.#writeTo(beside);
      this.#replaceBy(beside);
      this.#isChained = true;
      this.#digest = digest;
      this.#isDirty = false;
      this.#length = length;
      this.#maxLength = limitFor(length);
    } catch (error) {
      // On a full disk its place is needed.
      rmSync(beside, { force: true });
      throw error;
    }
  }

  /** @param {string} path of a file that is not there */
  #writeTo(path) {
    const file = openSync(path, "wx", MODE);
    let length = FIRST_LINE.length;
    let last = FIRST_DIGEST;
    try {
      writeAll(file, Buffer.from(FIRST_LINE));
      for (const part of splitRecord(this.#store.snapshot())) {
        const { line, digest } = encodeRecord(part, last);
        writeAll(file, line);
        length += line.length;
        last = digest;
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return { length, digest: last };
  }

  /** @param {string} path of the file that takes the place of this one */
  #replaceBy(path) {
    const before = this.#file;
    const { ino } = fstatSync(before);
    this.#file = CLOSED;
    try {
      // Windows does not replace an open file.
      closeSync(before);
      renameSync(path, this.#path);
    } catch (error) {
      const there = openPlain(this.#path);
      // Some file systems over networks say so of what they have done.
      if (fstatSync(there).ino === ino) this.#file = there;
      throw error;
    }
    this.#file = openPlain(this.#path);
  }
}

/** @param {number} length of what is not out of date */
function limitFor(length) {
  return Math.max(MIN_COMPACTED_LENGTH, 2 * length);
}

/**
 * @param {CommitRecord} record
 * @returns {number} about what it takes in a file
 */
function estimateLength({ documents, files, requests }) {
  let length = 0;
  for (const [key, , value] of requests) length += key.length + value.length;
  for (const [component, table, id, json] of documents)
    length += component.length + table.length + id.length + (json?.length ?? 0);
  for (const [, , bytes] of files) length += (bytes.length * 4) / 3;
  return length;
}

/**
 * @param {number} file
 * @param {Buffer} bytes
 */
function writeAll(file, bytes) {
  let written = 0;
  while (written < bytes.length)
    written += writeSync(file, bytes, written, bytes.length - written);
}

/**
 * @param {string} path of a file that need not exist
 * @returns {number} the file, to be read and appended to
 * @throws {StartError} when it is something else
 */
function openPlain(path) {
  const { O_RDWR, O_CREAT, O_APPEND } = constants;
  const file = openSync(path, O_RDWR | O_CREAT | O_APPEND | PLAIN, MODE);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile())
      throw new StartError(`${path} is no plain file: --data takes one.`);
    if (stats.nlink > 1) {
      throw new StartError(
        `${path} has another name, a hard link, by which another backend could use it at the same ` +
          "time. Name a file that has one name.",
      );
    }
    if ((stats.mode & 0o777) !== MODE) fchmodSync(file, MODE);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return file;
}

/** @param {unknown} error */
function reasonOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {string} path
 * @param {unknown} error
 */
function asStartError(path, error) {
  if (error instanceof StartError) return error;
  return new StartError(
    `The data file ${path} cannot be used: ${reasonOf(error)}. Name another one with --data.`,
  );
}
