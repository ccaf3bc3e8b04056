/** Upload and download of stored files over HTTP, below `/api/storage/`. */

import { RequestError } from "../errors.mjs";

/**
 * @typedef {import("node:http").IncomingHttpHeaders} IncomingHttpHeaders
 * @typedef {import("../threads/remoteHost.mjs").RemoteHost["files"]} FileStorage
 *
 * @typedef {object} FileAnswer
 * @property {number} status
 * @property {{ [name: string]: string }} headers
 * @property {number} length
 * @property {Iterable<Uint8Array | string>} body in parts
 */

export const STORAGE_PREFIX = "/api/storage/";
/** Convex has no limit; a body has to fit into memory here. */
export const MAX_UPLOAD_SIZE = 256 * 1024 * 1024;

/** Of a download: so much is made when what came before has been read. */
export const PART_SIZE = 64 * 1024;

const RANGE = /^bytes=(?<first>\d*)-(?<last>\d*)$/;

/**
 * @param {FileStorage} storage
 * @param {object} request
 * @param {string} request.method
 * @param {string} request.path behind the prefix
 * @param {URLSearchParams} request.parameters
 * @param {IncomingHttpHeaders} request.headers
 * @param {() => Promise<Buffer>} request.readBody
 * @returns {Promise<FileAnswer>}
 * @throws {RequestError}
 */
export async function answerFile(
  storage,
  { method, path, parameters, headers, readBody },
) {
  if (path === "upload") {
    if (method !== "POST") throw wrongMethod(method, "POST");
    const token = parameters.get("token") ?? "";
    // Before anything is read: nobody but who has one may have so much kept in memory.
    await storage.checkUpload(token);
    const storageId = await storage.upload(
      token,
      new Uint8Array(await readBody()),
      headers["content-type"] ?? null,
      digestOf(headers),
    );
    const body = JSON.stringify({ storageId });
    return {
      status: 200,
      headers: { "Content-Type": "application/json" },
      length: body.length,
      body: [body],
    };
  }
  if (method !== "GET" && method !== "HEAD")
    throw wrongMethod(method, "GET or HEAD");
  const file = await storage.read(path);
  if (file === null) {
    throw new RequestError(404, "FileNotFound", `There is no file ${path}`);
  }
  const { size, contentType, sha256 } = file;
  const described = {
    "Content-Type": contentType ?? "application/octet-stream",
    Digest: `sha-256=${sha256}`,
    "Cache-Control": "private, max-age=2592000",
    "Accept-Ranges": "bytes",
  };
  const range = rangeOf(headers.range, size);
  if (range === null) {
    const body = partsOf(storage, path, 0, size);
    return { status: 200, headers: described, length: size, body };
  }
  const { first, last } = range;
  return {
    status: 206,
    headers: {
      ...described,
      "Content-Range": `bytes ${first}-${last}/${size}`,
    },
    length: last + 1 - first,
    body: partsOf(storage, path, first, last + 1),
  };
}

/**
 * Copies of its parts, so that nobody who stands still keeps one that was deleted.
 *
 * @param {FileStorage} storage
 * @param {string} id
 * @param {number} start
 * @param {number} end
 * @throws {Error} when it is deleted meanwhile
 */
function* partsOf(storage, id, start, end) {
  for (let place = start; place < end; place += PART_SIZE) {
    const content = storage.contentOf(id);
    if (content === null) throw new Error(`The file ${id} is deleted`);
    yield content.slice(place, Math.min(place + PART_SIZE, end));
  }
}

/**
 * @param {string} method
 * @param {string} allowed
 */
function wrongMethod(method, allowed) {
  return new RequestError(
    405,
    "MethodNotAllowed",
    `${STORAGE_PREFIX} takes ${allowed} there, not ${method}`,
  );
}

/**
 * @param {IncomingHttpHeaders} headers
 * @returns {string | undefined}
 */
function digestOf({ digest }) {
  const text = Array.isArray(digest) ? digest[0] : digest;
  return /^sha-256=(.+)$/i.exec(text ?? "")?.[1];
}

/**
 * @param {string | undefined} header
 * @param {number} length
 * @returns {{ first: number, last: number } | null} null: the whole
 */
function rangeOf(header, length) {
  const groups = RANGE.exec(header ?? "")?.groups;
  if (groups === undefined || length === 0) return null;
  const { first = "", last = "" } = groups;
  if (first === "" && last === "") return null;
  const range =
    first === ""
      ? { first: Math.max(0, length - Number(last)), last: length - 1 }
      : {
          first: Number(first),
          last: last === "" ? length - 1 : Math.min(Number(last), length - 1),
        };
  if (range.first > range.last) {
    throw new RequestError(
      416,
      "RangeNotSatisfiable",
      `The file has ${length} bytes`,
    );
  }
  return range;
}
